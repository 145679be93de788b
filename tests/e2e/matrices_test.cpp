// annulus run and the fronts of shipped matrices: what they say before they measure.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <regex>

#include "process.hpp"

namespace annulus::e2e {
namespace {

using nlohmann::json;

constexpr auto two_cells = R"(schema = 1
suite = "pipeline"
name = "two"
description = "Two rings"
repetitions = 7

[axes]
ring = ["futex", "mirror"]
geometry = ["2+1"]
placement = ["none", "same-pu"]

[[except]]
ring = ["mirror"]
placement = ["none"]
)";

class matrices : public testing::Test {
 protected:
  matrices() {
    setenv("ANNULUS_ROOT", ANNULUS_SOURCE, 1);
    spit(where_ / "two.toml", two_cells);
  }
  [[nodiscard]] result on_two(arguments more) const {
    more.insert(more.begin(), {"run", where_ / "two.toml"});
    return run(more);
  }
  // Measures in this test's own directories.
  [[nodiscard]] result measured(arguments words) const {
    words.insert(words.end(), {"--input-size", "4KiB", "--work", where_ / "work", "--results",
                               where_ / "results"});
    return run(words);
  }
  void expect_refused(const arguments& words, int status, const std::string& sentence) const {
    const auto done = run(words);
    EXPECT_EQ(done.status, status) << done.err;
    EXPECT_TRUE(contains(done.err, sentence)) << done.err;
    EXPECT_EQ(std::count(done.err.begin(), done.err.end(), '\n'), 1) << done.err;
    EXPECT_EQ(done.out, "");
    EXPECT_FALSE(fs::exists(where_ / "results"));
  }
  scratch where_;
};

// Whether this build has the suite.
bool has_suite(const std::string& name) {
  return run({"run", "--reference", name}).status == 0;
}

// What a description says of its time is about what it comes to: so it is changed with the cells.
void expect_its_minutes(const json& listed) {
  const std::string name = listed.at("name");
  std::smatch said;
  const std::string text = listed.at("description");
  ASSERT_TRUE(std::regex_search(text, said, std::regex("; ([0-9]+) (minute|hour)"))) << text;
  const double minutes = std::stod(said[1]) * (said[2] == "hour" ? 60 : 1);
  const double comes_to = listed.at("seconds").get<double>() / 60;
  if (name == "placement") return;  // how many there are, depends on the machine
  EXPECT_LT(comes_to, minutes * 1.5) << text;
  EXPECT_GT(comes_to, minutes / 1.5) << text;
}

TEST_F(matrices, shipped_ones_are_listed_with_what_they_take) {
  const auto list = json::parse(run({"run", "--list", "--json"}).out);
  ASSERT_FALSE(list.empty());
  const auto people = run({"run", "--list"});
  EXPECT_EQ(people.status, 0) << people.err;
  for (const auto& each : list) {
    EXPECT_TRUE(contains(people.out, each.at("name"))) << people.out;
    if (each.contains("error")) {
      EXPECT_TRUE(contains(each.at("error"), "suite must be one of")) << each;
      continue;
    }
    const fs::path file = fs::path(ANNULUS_SOURCE) / "harness/matrices" /
                          (each.at("name").get<std::string>() + ".toml");
    EXPECT_TRUE(fs::exists(file)) << file << " should be called as the matrix in it";
    EXPECT_GT(each.at("seconds"), 0) << each;
    expect_its_minutes(each);
    EXPECT_EQ(run({"run", each.at("name"), "--check"}).status, 0) << each;
  }
}

TEST_F(matrices, check_is_a_sentence_and_a_dry_run_has_the_cells) {
  const auto check = on_two({"--check"});
  EXPECT_EQ(check.out, "two: 3 cells of the suite pipeline and 3 roofs; 42 turns, about 27 s\n")
      << check.err;
  const auto dry = on_two({"--dry-run", "--set", "memory=node:9999", "--repetitions", "2"});
  EXPECT_EQ(dry.status, 0) << dry.err;
  EXPECT_TRUE(contains(dry.out, "3 of them skipped here; ")) << dry.out;
  EXPECT_TRUE(contains(dry.out, "  futex serial")) << dry.out;
  EXPECT_TRUE(contains(dry.out, "skipped: this machine has no NUMA node 9999")) << dry.out;
  const auto data = json::parse(on_two({"--dry-run", "--json"}).out).at(0);
  EXPECT_EQ(data.at("cells"), 3);
  EXPECT_EQ(data.at("roofs"), 3);
  EXPECT_EQ(data.at("turns"), 42);
  EXPECT_EQ(data.at("each").size(), 6U);
  EXPECT_FALSE(fs::exists(where_ / "results"));
}

TEST_F(matrices, a_reference_is_a_matrix) {
  const auto done = run({"run", "--reference", "pipeline"});
  ASSERT_EQ(done.status, 0) << done.err;
  spit(where_ / "all.toml", done.out);
  EXPECT_EQ(run({"run", where_ / "all.toml", "--check"}).status, 0);
  EXPECT_TRUE(contains(run({"run", "--reference"}).out, done.out));
}

TEST_F(matrices, axes_and_repetitions_are_set_and_several_are_measured) {
  spit(where_ / "other.toml", two_cells);
  const auto done = measured({"run", where_ / "two.toml", where_ / "other.toml", "--repetitions",
                              "1", "--set", "ring=spsc", "--set", "placement=none", "--json"});
  ASSERT_EQ(done.status, 0) << done.err;
  const auto reports = json::parse(done.out);
  ASSERT_EQ(reports.size(), 2U);
  for (const auto& each : reports) {
    EXPECT_EQ(each.at("finished"), 4) << each;
    const auto table = run({"table", each.at("directory")});
    EXPECT_TRUE(contains(table.out, "| spsc | serial ")) << table.out << table.err;
  }
  EXPECT_NE(reports[0].at("directory"), reports[1].at("directory"));
}

TEST_F(matrices, repetitions_are_as_many_as_asked_for_whatever_the_matrix_waits_for) {
  auto text = std::string(two_cells);
  text.insert(text.find("\n[axes]"), "until = \"1%\"\nbudget = \"1h\"\n");
  spit(where_ / "two.toml", text);
  const auto done = measured({"run", where_ / "two.toml", "--repetitions", "1"});
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_FALSE(contains(done.err, "wide")) << done.err;
}

TEST_F(matrices, a_ring_that_holds_no_frame_is_skipped_in_place_and_does_not_fail) {
  const auto dry = on_two({"--dry-run", "--set", "hand=in-place", "--set", "ring_size=64KiB,1MiB"});
  EXPECT_EQ(dry.status, 0) << dry.err;
  EXPECT_TRUE(contains(dry.out,
                       "skipped: in place, a ring must hold a frame, which has 524320 bytes, but "
                       "its size is 64KiB"))
      << dry.out;
  EXPECT_FALSE(contains(dry.out, "its size is 1MiB")) << dry.out;
}

TEST_F(matrices, a_run_is_resumed_with_its_own_matrix) {
  ASSERT_EQ(measured({"run", where_ / "two.toml", "--repetitions", "1"}).status, 0);
  const fs::path directory =
      fs::directory_iterator(fs::directory_iterator(where_ / "results")->path())->path();
  EXPECT_EQ(measured({"run", "--resume", directory.string()}).status, 0);
  for (const arguments& more : {arguments{"--repetitions", "2"}, {"--set", "ring=spsc"}}) {
    arguments words{"run", "--resume", directory.string()};
    words.insert(words.end(), more.begin(), more.end());
    EXPECT_TRUE(contains(run(words).err, "a run that is resumed keeps its matrix"));
  }
}

TEST_F(matrices, what_cannot_be_measured_is_found_first) {
  expect_refused({"run"}, 2, "run needs either matrices or --resume");
  expect_refused({"run", "quick", "--check", "--dry-run"}, 2, "only one of --list, --check");
  expect_refused({"run", "quack"}, 2, "there is no matrix 'quack'; shipped are ");
  expect_refused({"run", where_ / "none.toml"}, 1, "none.toml cannot be read");
  expect_refused({"run", "--reference", "rigs"}, 2, "--reference must be one of pipeline");
  const std::string two = where_ / "two.toml";
  expect_refused({"run", two, "--set", "ring"}, 2, "--set needs AXIS=VALUE,…, not 'ring'");
  expect_refused({"run", two, "--set", "ring=lmax"}, 2, "--set ring must be one of pipe, ");
  expect_refused({"run", two, "--set", "wing=futex"}, 2,
                 "--set wing: the suite pipeline has no axis wing, only sink, ring, ");
  expect_refused({"run", two, "--set", "ring=all", "--set", "block=all"}, 2,
                 "--set block must be a size");
  expect_refused({"run", two, "--repetitions", "0"}, 2, "--repetitions");
  expect_refused({"run", two, "--repetitions", "10000", "--set", "ring=all", "--set", "sink=all"},
                 2, "make more than 100000 turns");
  expect_refused({"run", two, "--input", where_ / "nothing", "--work", where_ / "work", "--results",
                  where_ / "two.toml/below"},
                 1, "two.toml/below cannot be created");
}

// Each front measures its matrix, if the build has the suite, and else says how to get it.
TEST_F(matrices, fronts_measure_or_say_what_they_lack) {
  struct {
    std::string suite;
    arguments command;
    arguments small;
  } const fronts[] = {
      {"log",
       {"log", "bench"},
       {"--rows", "memory", "--sizes", "128", "--producers", "1", "--set", "records=1000"}},
      {"rings", {"bench", "rings"}, {"--ring", "futex", "--ring-size", "64KiB"}},
      {"pipes", {"bench", "pipelines"}, {"--segment-size", "64KiB"}}};
  for (const auto& [suite, command, small] : fronts) {
    SCOPED_TRACE(suite);
    auto words = command;
    words.insert(words.end(), small.begin(), small.end());
    words.insert(words.end(),
                 {"--repetitions", "1", "--work", where_ / "work", "--out", where_ / "out"});
    const auto done = run(words);
    if (!has_suite(suite)) {
      EXPECT_EQ(done.status, 1);
      EXPECT_EQ(
          done.err,
          "annulus: this build lacks the suite " + suite +
              ": ./annulus bench makes one that has it, or cmake with -DANNULUS_BENCH=ON and the "
              "packages of cmake/packages-bench.txt\n");
      continue;
    }
    EXPECT_EQ(done.status, 0) << done.err;
    EXPECT_TRUE(contains(slurp(where_ / "out"), "# ")) << slurp(where_ / "out");
    EXPECT_TRUE(fs::is_empty(where_ / "work")) << "nothing was to be kept";
    auto wrong = command;
    wrong.insert(wrong.end(), {small.front(), "nonsense"});
    expect_refused(wrong, 2, small.front() + " must be ");
  }
}

}  // namespace
}  // namespace annulus::e2e
