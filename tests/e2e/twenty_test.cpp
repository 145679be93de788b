// Whether compare tells a difference from none, twenty times: the one is a ring that is slowed by a
// tenth on purpose, the other a second run of the same build. Takes half an hour of a quiet
// machine. As whoever compares is told to, it measures a second run again between which and the
// first the machine itself has moved.
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
repetitions = 40
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
  // A comparison of two states of the machine; once more with what was measured last, if it moved.
  result of_sets(const std::string& command, const std::string& name) {
    for (int more = 0; more < most_again; ++more) {
      const auto second = measured(command, name + std::to_string(more));
      const auto done = run({"compare", first_, second, "--json"});
      if (!json::parse(done.out).at("machine_moved").get<bool>()) return done;
      ++again_;
      // The state that it is in now may stay.
      first_ = measured(ANNULUS_COMMAND, name + "first" + std::to_string(more));
    }
    ADD_FAILURE() << "the machine moved " << most_again << " times in a row";
    return {};
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
    fmt::print("no difference in {} of {}, found in {} of {}; measured again {} times\n", silent_,
               tries(), found_, tries(), again_);
    EXPECT_GE(silent_, least);
    EXPECT_GE(found_, least);
  }

  const scratch where_;
  const std::string matrix_ = where_ / "twenty.toml";
  static constexpr int most_again = 20;
  std::string first_;
  int silent_ = 0;
  int found_ = 0;
  int again_ = 0;
};

TEST_F(twenty, times_of_result_sets) {
  for (int number = 1; number <= tries(); ++number) {
    const std::string at = std::to_string(number);
    first_ = measured(ANNULUS_COMMAND, "first" + at);
    const auto same = of_sets(ANNULUS_COMMAND, "second" + at);
    const auto slowed = of_sets(ANNULUS_SLOWED_COMMAND, "slowed" + at);
    count(same, slowed, number);
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
