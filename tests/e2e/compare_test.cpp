// compare, export, reproduce and the tables of pages as commands.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>

#include "base/sha256.hpp"
#include "process.hpp"

namespace annulus::e2e {
namespace {

constexpr auto tiny_matrix = R"(schema = 1
suite = "pipeline"
name = "tiny"
repetitions = 6
[axes]
ring = ["pipe", "futex"]
geometry = ["2+1"]
block = ["16KiB"]
)";

using nlohmann::ordered_json;

// What the harness writes behind each line.
ordered_json with_checksum(ordered_json line) {
  line.erase("check");
  harness::sha256 digest;
  const std::string text = line.dump();
  digest.update(std::as_bytes(std::span(text)));
  line["check"] = digest.hex().substr(0, 16);
  return line;
}

// The same turns, all in good company and at known speeds; of roofs, too.
void set_speed(const fs::path& set, double speed, double roof) {
  std::string out;
  std::ifstream lines(set / "samples.jsonl");
  for (std::string text; std::getline(lines, text);) {
    ordered_json line = ordered_json::parse(text);
    line["fitness"]["marks"] = ordered_json::array();
    line["result"]["metrics"]["bytes_per_second"] =
        (line.contains("roof") ? roof : speed) * (1 + 0.001 * line.at("repetition").get<int>());
    out += with_checksum(std::move(line)).dump() + "\n";
  }
  spit(set / "samples.jsonl", out);
}

class compare : public testing::Test {
 protected:
  void SetUp() override {
    setenv("ANNULUS_ROOT", ANNULUS_SOURCE, 1);
    spit(where_ / "tiny.toml", tiny_matrix);
    spit(where_ / "input.bin", std::string(100'000, 'x'));
  }
  void TearDown() override { unsetenv("ANNULUS_ROOT"); }
  // A result set in a folder of that name.
  fs::path measured(const std::string& name) {
    const auto done = run({"run", where_ / "tiny.toml", "--input", where_ / "input.bin", "--work",
                           where_ / "work", "--results", where_ / name, "--json"});
    EXPECT_EQ(done.status, 0) << done.err;
    return ordered_json::parse(done.out).at(0).at("directory").get<std::string>();
  }
  fs::path copied(const fs::path& set, const std::string& name) const {
    fs::copy(set, where_ / name, fs::copy_options::recursive);
    return where_ / name;
  }
  const scratch where_;
};

constexpr auto claim = R"(schema = 1
name = "ring-wins"
statement = "The ring is faster."
source = "a test"
suite = "pipeline"
matrix = "tiny"
[relation]
metric = "bytes_per_second"
at_least = 1.5
left = { ring = "futex" }
right = { ring = "pipe" }
)";

TEST_F(compare, ends_with_3_if_the_second_is_worse) {
  const auto fast = measured("one");
  const auto slow = copied(fast, "slow");
  set_speed(fast, 1e9, 2e9);
  set_speed(slow, 9e8, 2e9);
  const auto worse = run({"compare", fast, slow, "--json"});
  EXPECT_EQ(worse.status, 3) << worse.out << worse.err;
  EXPECT_EQ(ordered_json::parse(worse.out).at("worse"), 2);
  EXPECT_TRUE(contains(worse.err, "The second is worse by more than 5 % in 2 of 2 cells"))
      << worse.err;
  EXPECT_EQ(run({"compare", fast, slow, "--gate", "12%"}).status, 0);
  EXPECT_EQ(run({"compare", slow, fast}).status, 0);
  EXPECT_EQ(run({"compare", fast, fast}).status, 0);
  set_speed(slow, 9e8, 1.8e9);
  const auto excused = run({"compare", fast, slow});
  EXPECT_EQ(excused.status, 0) << excused.out;
  EXPECT_TRUE(contains(excused.out, "moved with its yardstick")) << excused.out;
}

TEST_F(compare, refuses_what_differs_in_more_than_its_build) {
  const auto first = measured("one");
  const auto second = copied(first, "other");
  auto environment = ordered_json::parse(slurp(second / "env.json"));
  environment["machine"] = "another-cpu-1cpu";
  spit(second / "env.json", environment.dump());
  const auto refused = run({"compare", first, second});
  EXPECT_EQ(refused.status, 2);
  EXPECT_TRUE(contains(refused.err, "takes --across: another machine")) << refused.err;
  EXPECT_TRUE(contains(refused.err, "another-cpu-1cpu")) << refused.err;
  const auto across = run({"compare", first, second, "--across"});
  EXPECT_EQ(across.status, 0) << across.err;
  EXPECT_TRUE(contains(across.out, "ACROSS another machine")) << across.out;
  EXPECT_EQ(run({"compare", first}).status, 2);
  EXPECT_EQ(run({"compare", first, second, "--gate", "much"}).status, 2);
  EXPECT_EQ(run({"compare", first, where_ / "none"}).status, 1);
}

TEST_F(compare, of_builds_measures_both) {
  const auto found = run({"compare", "--builds", ANNULUS_COMMAND, ANNULUS_COMMAND, "--matrix",
                          where_ / "tiny.toml", "--rounds", "2", "--input", where_ / "input.bin",
                          "--work", where_ / "work", "--json"});
  EXPECT_EQ(found.status, 0) << found.err;
  const auto cells = ordered_json::parse(found.out).at("cells");
  ASSERT_EQ(cells.size(), 2U);
  for (const auto& cell : cells) EXPECT_EQ(cell.at("verdict"), "no verdict");  // of two rounds
  const auto none = run({"compare", "--builds", ANNULUS_COMMAND, where_ / "none"});
  EXPECT_EQ(none.status, 2);
  EXPECT_TRUE(contains(none.err, "holds no build")) << none.err;
}

TEST_F(compare, exports_a_row_for_each_sample) {
  const auto set = measured("one");
  const auto printed = run({"export", set});
  EXPECT_EQ(printed.status, 0) << printed.err;
  // Two cells and their roof, six times, and the head.
  EXPECT_EQ(std::count(printed.out.begin(), printed.out.end(), '\n'), 5 * 6 + 1) << printed.out;
  EXPECT_EQ(run({"export", set, "--out", where_ / "s.csv"}).status, 0);
  EXPECT_EQ(slurp(where_ / "s.csv"), printed.out);
  EXPECT_EQ(run({"export", set, "--out", where_ / "none/s.csv"}).status, 1);
}

TEST_F(compare, reproduce_judges_what_was_measured) {
  const auto listed = run({"reproduce", "--list"});
  EXPECT_EQ(listed.status, 0) << listed.err;
  EXPECT_TRUE(contains(listed.out, "ring-against-pipe (seed 000, matrix pipeline)")) << listed.out;
  const auto judged = run({"reproduce", "ring-against-pipe", "--json", "--from", measured("one")});
  EXPECT_EQ(judged.status, 0) << judged.err;
  const auto found = ordered_json::parse(judged.out).at(0);
  EXPECT_EQ(found.at("verdict"), "cannot be told");
  EXPECT_EQ(found.at("reason"), "there is no cell for its left side");
  EXPECT_EQ(found.at("published").at("value"), 2.12);
  EXPECT_EQ(run({"reproduce"}).status, 2);
  EXPECT_EQ(run({"reproduce", "no-such-claim"}).status, 2);
}

TEST_F(compare, reproduce_publishes_and_pages_show_it) {
  setenv("ANNULUS_ROOT", where_.path().c_str(), 1);
  fs::create_directories(where_ / "harness/claims");
  spit(where_ / "harness/claims/ring-wins.toml", claim);
  const auto set = measured("results");
  set_speed(set, 1e9, 2e9);
  const auto outside =
      run({"reproduce", "ring-wins", "--from", where_ / "../elsewhere", "--publish"});
  EXPECT_EQ(outside.status, 2);
  EXPECT_TRUE(contains(outside.err, "it lies outside of")) << outside.err;
  const auto done = run({"reproduce", "ring-wins", "--from", set, "--publish", "--json"});
  ASSERT_EQ(done.status, 0) << done.err;
  const auto name = fs::relative(set, where_.path()).string();
  const auto published = slurp(where_ / "harness/claims/ring-wins.toml");
  EXPECT_TRUE(contains(published, "[published]\nresults = \"" + name + "\"\nmachine = "))
      << published;

  const auto page = where_ / "page.md";
  spit(page, "<!-- annulus table " + name +
                 " figures=bytes_per_second -->\n<!-- annulus end -->\n" + "<!-- annulus claims " +
                 name + " -->\n<!-- annulus end -->\n");
  EXPECT_EQ(run({"table", "--check", page}).status, 1);
  const auto written = run_shell("cd \"$1\" && \"$0\" table --into page.md", {where_.path()});
  ASSERT_EQ(written.status, 0) << written.err;
  EXPECT_EQ(run({"table", "--check", page}).status, 0);
  auto text = slurp(page);
  EXPECT_TRUE(contains(text, "| ring-wins | The ring is faster. | at least 1.5 | ")) << text;
  const auto digit = text.find_first_of("0123456789", text.find("| futex"));
  ASSERT_NE(digit, std::string::npos);
  text[digit] = text[digit] == '1' ? '2' : '1';
  spit(page, text);
  const auto changed = run({"table", "--check", page});
  EXPECT_EQ(changed.status, 1);
  EXPECT_TRUE(contains(changed.out, "page.md:")) << changed.out;
  EXPECT_EQ(run({"table"}).status, 2);
  EXPECT_EQ(run({"table", set, "--check", page}).status, 2);
}

}  // namespace
}  // namespace annulus::e2e
