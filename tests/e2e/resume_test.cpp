// A run of each suite that is killed in the middle goes on where it was; and every command reads
// what it left.
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "process.hpp"

namespace annulus::e2e {
namespace {

using nlohmann::json;

constexpr int repetitions = 6;

struct killed_suite {
  const char* suite;
  const char* axes;
};

void PrintTo(const killed_suite& of, std::ostream* to) {
  *to << of.suite;
}

class resumed : public testing::TestWithParam<killed_suite> {
 protected:
  resumed() {
    setenv("ANNULUS_ROOT", ANNULUS_SOURCE, 1);
    spit(where_ / "m.toml", "schema = 1\nsuite = \"" + std::string(GetParam().suite) +
                                "\"\nname = \"small\"\nrepetitions = " +
                                std::to_string(repetitions) + "\n[axes]\n" + GetParam().axes);
  }
  [[nodiscard]] arguments measuring(arguments words) const {
    words.insert(words.end(), {"--input-size", "256KiB", "--work", where_ / "work"});
    return words;
  }
  // Empty before there is one.
  [[nodiscard]] fs::path samples() const {
    if (!fs::exists(where_ / "results")) return {};
    for (const auto& entry : fs::recursive_directory_iterator(where_ / "results")) {
      if (entry.path().filename() == "samples.jsonl") return entry.path();
    }
    return {};
  }
  [[nodiscard]] std::size_t lines() const {
    const auto file = samples();
    if (file.empty()) return 0;
    const auto text = slurp(file);
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  }
  scratch where_;
};

TEST_P(resumed, loses_and_doubles_no_turn_after_a_kill) {
  if (run({"run", "--reference", GetParam().suite}).status != 0) {
    GTEST_SKIP() << "this build lacks the suite";
  }
  process first(measuring({"run", where_ / "m.toml", "--results", where_ / "results"}));
  constexpr std::size_t some = 4;
  await([&] { return lines() >= some; });
  first.signal(SIGKILL);
  ASSERT_EQ(first.wait(), -SIGKILL) << "it was quicker than the kill";
  const auto run_directory = samples().parent_path();
  const auto kept = slurp(samples());

  const auto rest = run(measuring({"run", "--resume", run_directory.string()}));
  ASSERT_EQ(rest.status, 0) << rest.err;
  const auto text = slurp(samples());
  EXPECT_TRUE(text.starts_with(kept.substr(0, kept.rfind('\n') + 1)));
  std::map<std::pair<int, int>, int> turns;
  std::istringstream all(text);
  for (std::string line; std::getline(all, line);) {
    const auto sample = json::parse(line);
    EXPECT_TRUE(sample.contains("result")) << line;
    ++turns[{sample.at("cell"), sample.at("repetition")}];
  }
  const auto environment = json::parse(slurp(run_directory / "env.json"));
  EXPECT_EQ(turns.size(), environment.at("turns"));
  EXPECT_EQ(turns.size() % repetitions, 0U);
  for (const auto& [turn, times] : turns) EXPECT_EQ(times, 1) << turn.first << ' ' << turn.second;

  const auto name = run_directory.string();
  for (const arguments& words :
       {arguments{"table", name}, arguments{"table", name, "--json"}, arguments{"export", name},
        arguments{"plot", name, "--out", where_ / "plots"}, arguments{"compare", name, name}}) {
    const auto done = run(words);
    EXPECT_EQ(done.status, 0) << words[0] << ": " << done.err;
    EXPECT_FALSE(done.out.empty()) << words[0];
  }
}

INSTANTIATE_TEST_SUITE_P(
    each, resumed,
    testing::Values(
        killed_suite{"pipeline", "ring = [\"pipe\", \"futex\"]\nsink = [\"null\", \"dir\"]\n"},
        killed_suite{"rings", "shape = [\"b\", \"f\"]\nring = [\"futex\", \"kernel-pipe\"]\n"},
        killed_suite{"pipes", "shape = [\"copy-in\"]\nsegment_size = [\"4KiB\", \"64KiB\"]\n"},
        killed_suite{"log",
                     "row = [\"memory\", \"disk\"]\nrecord = [128, 1024]\nrecords = [5000]\n"}),
    [](const auto& of) { return std::string(of.param.suite); });

}  // namespace
}  // namespace annulus::e2e
