#include "measure/builds.hpp"

#include <fmt/format.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <annulus/core/unique_fd.hpp>
#include <sstream>

#include "base/json.hpp"
#include "fixtures.hpp"

namespace annulus::harness {
namespace {

// Stands in for the command of a build: writes down who was asked what, and moves `amount` at
// `speed`.
constexpr std::string_view fake_build = R"sh(#!/bin/sh
test "$1" = cell || exit 9
echo "NAME $(cat)" >>CALLS
ANSWER
)sh";
constexpr std::string_view measured =
    R"(echo '{{"verified":true,"bytes":8,"amount":{},"seconds":1,"metrics":{{"bytes_per_second":{}}}}}')";

class builds : public testing::Test {
 protected:
  void SetUp() override {
    write(directory_ / "input.bin", "some input");
    how_.builds = {build("one", fmt::format(measured, 41, 1e9)),
                   build("other", fmt::format(measured, 42, 9e8))};
    how_.rounds = 5;
    how_.input = directory_ / "input.bin";
    how_.work = directory_ / "work";
  }
  std::filesystem::path build(const std::string& name, const std::string& answer) {
    std::string text(fake_build);
    const auto replace = [&](std::string_view what, const std::string& with) {
      text.replace(text.find(what), what.size(), with);
    };
    replace("NAME", name);
    replace("CALLS", (directory_ / "calls").string());
    replace("ANSWER", answer);
    const auto file = directory_ / name / "harness/annulus";
    std::filesystem::create_directories(file.parent_path());
    write(file, text);
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    return file;
  }
  // Who was called with which request, in order.
  [[nodiscard]] std::vector<std::pair<std::string, json>> calls() const {
    std::vector<std::pair<std::string, json>> out;
    std::istringstream lines(read(directory_ / "calls"));
    for (std::string line; std::getline(lines, line);) {
      const auto blank = line.find(' ');
      out.emplace_back(line.substr(0, blank), json::parse(line.substr(blank + 1)));
    }
    return out;
  }

  const matrix what_ = matrix_of(
      "name = 'm'\nseed = 3\n[axes]\nring = ['mutex', 'futex']\nsink = ['null', 'chunks']");
  temporary_directory directory_;
  builds_options how_;
};

TEST_F(builds, each_round_measures_both_on_every_cell_side_by_side) {
  const builds_report found = run_builds(what_, how_);
  EXPECT_FALSE(found.interrupted);
  const auto asked = calls();
  ASSERT_EQ(asked.size(), 2U * 4 * 5);  // builds, cells without the roof, rounds
  std::size_t first_ahead = 0;
  for (std::size_t at = 0; at < asked.size(); at += 2) {
    EXPECT_NE(asked[at].first, asked[at + 1].first);
    EXPECT_EQ(asked[at].second.at("key"), asked[at + 1].second.at("key"));
    first_ahead += asked[at].first == "one" ? 1 : 0;
  }
  EXPECT_GT(first_ahead, 0U);
  EXPECT_LT(first_ahead, asked.size() / 2);
  for (const auto& each : found.samples) {
    EXPECT_EQ(each.size(), 4U * 5);
    EXPECT_EQ(by_cell(each).size(), 4U);
  }
  EXPECT_EQ(found.samples[0][7].key, found.samples[1][7].key);
  EXPECT_EQ(found.samples[0][7].repetition, found.samples[1][7].repetition);
  EXPECT_EQ(found.samples[0][0].result->metrics.at(bytes_per_second), 1e9);
  EXPECT_EQ(found.samples[1][0].result->metrics.at(bytes_per_second), 9e8);
  EXPECT_FALSE(std::filesystem::exists(directory_ / "work" / fmt::format("annulus-{}", getpid())));
}

TEST_F(builds, both_move_what_the_first_turn_found_out) {
  how_.rounds = 2;
  run_builds(what_, how_);
  std::map<std::string, std::vector<std::uint64_t>> amounts;
  for (const auto& [name, request] : calls())
    amounts[request.at("key").dump()].push_back(request.at("amount").get<std::uint64_t>());
  for (const auto& [key, asked] : amounts) {
    EXPECT_EQ(asked.front(), 0U);
    EXPECT_NE(asked[1], 0U);
  }
}

TEST_F(builds, a_turn_that_fails_is_kept_with_its_reason) {
  how_.builds[1] = build("other", "echo 'cannot open /secret/part.1' >&2; exit 3");
  const builds_report found = run_builds(what_, how_);
  EXPECT_EQ(found.samples[1].at(0).error, "exit status 3: cannot open part.1");
  EXPECT_TRUE(found.samples[0].at(0).result);
  how_.builds[1] = build("other", "echo nonsense");
  EXPECT_NE(run_builds(what_, how_).samples[1].at(0).error->find("JSON"), std::string::npos);
}

TEST_F(builds, cells_that_cannot_be_run_are_skipped_in_both) {
  const matrix what = matrix_of("name = 'm'\n[axes]\nring = ['spsc']\nsink = ['chunks', 'null']");
  const builds_report found = run_builds(what, how_);
  for (const auto& each : found.samples)
    EXPECT_EQ(each.front().skipped, "spsc waits for no chunks");
}

TEST_F(builds, an_interrupt_ends_them_between_rounds) {
  const unique_fd stop(eventfd(1, EFD_CLOEXEC));
  how_.stop_fd = stop.get();
  const builds_report found = run_builds(what_, how_);
  EXPECT_TRUE(found.interrupted);
  EXPECT_TRUE(found.samples[0].empty());
}

TEST_F(builds, are_found_in_build_directories) {
  EXPECT_EQ(command_of(directory_ / "one"), directory_ / "one/harness/annulus");
  EXPECT_EQ(command_of(directory_ / "one/harness/annulus"), directory_ / "one/harness/annulus");
  EXPECT_EQ(
      message_of<bad_input>([&] { command_of(directory_.path()); }),
      directory_.path().string() + " holds no build: there is no program harness/annulus in it");
}

TEST_F(builds, a_missing_input_is_said_before_anything_runs) {
  how_.input = directory_ / "none";
  EXPECT_THROW(run_builds(what_, how_), bad_input);
  EXPECT_FALSE(std::filesystem::exists(directory_ / "calls"));
}

}  // namespace
}  // namespace annulus::harness
