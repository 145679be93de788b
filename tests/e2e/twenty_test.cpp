// Whether compare tells a difference from none, twenty times: the one is a ring that is slowed by a
// tenth on purpose, the other a second run of the same build. Takes half an hour of a quiet
// machine.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "process.hpp"

namespace annulus::e2e {
namespace {

using nlohmann::json;

constexpr auto few_cells = R"(schema = 1
suite = "rings"
name = "twenty"
repetitions = 30
[axes]
shape = ["c"]
ring = ["futex", "spsc", "rte-ring"]
ring_size = ["2MiB"]
)";

int tries() {
  const char* const given = std::getenv("ANNULUS_TRIES");
  return given == nullptr ? 20 : std::max(1, std::atoi(given));
}

// What one comparison came to.
struct found {
  int status = 0;
  int strange = 0;  ///< cells said to differ that do not, or of which nothing is said
  std::string text;
};

found read(const result& done, bool is_slowed) {
  found out{done.status, 0, ""};
  if (done.status != 0 && done.status != 3) {
    ADD_FAILURE() << done.status << ": " << done.err;
    return out;
  }
  const json said = json::parse(done.out);
  for (const json& cell : said.at("cells")) {
    const auto verdict = cell.at("verdict").get<std::string>();
    const bool expected = is_slowed && cell.at("key").at("ring") == "futex" && verdict == "worse";
    // Of a cell without a verdict nothing was found out.
    const bool is_same = verdict == "no difference" || verdict == "moved with its yardstick";
    if (!expected && !is_same) ++out.strange;
    out.text += fmt::format("  {} {:.3f} {}", cell.at("cell").get<std::string>(),
                            cell.value("ratio", 0.0), cell.value("reason", verdict));
  }
  return out;
}

class twenty : public testing::Test {
 protected:
  void SetUp() override { spit(matrix_, few_cells); }

  // A fresh result set of that build.
  fs::path measured(const std::string& command, const std::string& name) {
    const auto results = where_ / name;
    process child({"run", matrix_, "--results", results, "--work", where_ / "work", "--json"},
                  false, {}, command);
    EXPECT_EQ(child.wait(), 0) << child.err();
    return json::parse(child.out()).at(0).at("directory").get<std::string>();
  }
  result of_builds(const std::string& second) {
    return run({"compare", "--builds", ANNULUS_COMMAND, second, "--matrix", matrix_, "--rounds",
                "20", "--work", where_ / "work", "--json"});
  }
  void count(const result& same, const result& slowed, int number) {
    const found one = read(same, false);
    const found other = read(slowed, true);
    const bool is_silent = one.status == 0 && one.strange == 0;
    const bool is_found = other.status == 3 && other.strange == 0;
    silent_ += is_silent ? 1 : 0;
    found_ += is_found ? 1 : 0;
    fmt::print("try {}\n same build{}: {}\n slowed{}: {}\n", number, one.text,
               is_silent ? "no difference, as it should be" : "A DIFFERENCE", other.text,
               is_found ? "found, as it should be" : "NOT FOUND, OR ANOTHER RING");
    std::fflush(stdout);
  }
  void judge() const {
    const int least = tries() - tries() / 20;
    fmt::print("no difference in {} of {}, found in {} of {}\n", silent_, tries(), found_, tries());
    EXPECT_GE(silent_, least);
    EXPECT_GE(found_, least);
  }

  const scratch where_;
  const std::string matrix_ = where_ / "twenty.toml";
  int silent_ = 0;
  int found_ = 0;
};

TEST_F(twenty, times_of_result_sets) {
  for (int number = 1; number <= tries(); ++number) {
    const std::string at = std::to_string(number);
    const auto first = measured(ANNULUS_COMMAND, "first" + at);
    const auto second = measured(ANNULUS_COMMAND, "second" + at);
    const auto slowed = measured(ANNULUS_SLOWED_COMMAND, "slowed" + at);
    count(run({"compare", first, second, "--json"}), run({"compare", first, slowed, "--json"}),
          number);
  }
  judge();
}

TEST_F(twenty, times_of_builds) {
  for (int number = 1; number <= tries(); ++number)
    count(of_builds(ANNULUS_COMMAND), of_builds(ANNULUS_SLOWED_COMMAND), number);
  judge();
}

}  // namespace
}  // namespace annulus::e2e
