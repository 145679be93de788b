// Every crash of every short workload, and some of random ones; and the checker's own teeth.
#include "checker.hpp"

#include <gtest/gtest.h>

#include <iostream>

#include "promise.hpp"
#include "watchdog.hpp"
#include "workload.hpp"

namespace annulus::crash {
namespace {

std::string sentence(const tally& of) {
  return std::to_string(of.points) + " crash points, " + std::to_string(of.states) +
         " disk states; inside recovery " + std::to_string(of.inner_points) + " and " +
         std::to_string(of.inner_states) + "; " + std::to_string(of.opened) + " different disks";
}

class short_crash : public ::testing::TestWithParam<workload> {};

TEST_P(short_crash, leaves_what_was_promised) {
  const auto& what = GetParam();
  const watchdog guard([&] { return what.name; });
  checker check(what.shape, bounds{}, 1);
  const auto result = check.explore(record(what));
  EXPECT_EQ(result.violations, 0U) << result.first;
  // Of a log that is never synced, only the process is killed.
  if (what.shape.survives_power_loss()) {
    EXPECT_GT(result.states, result.points);
  } else {
    EXPECT_EQ(result.states, result.points);
  }
  std::cout << what.name << ": " << sentence(result) << '\n';
}

INSTANTIATE_TEST_SUITE_P(all, short_crash, ::testing::ValuesIn(short_workloads()),
                         [](const auto& each) {
                           auto name = each.param.name;
                           std::replace_if(
                               name.begin(), name.end(),
                               [](char c) { return c == ' ' || c == ','; }, '_');
                           return name;
                         });

TEST(random_crash, leaves_what_was_promised) {
  constexpr std::uint64_t first_seed = 1;
  tally sum;
  std::uint64_t seed = first_seed;
  const watchdog guard([&] { return "seed " + std::to_string(seed) + "; " + sentence(sum); });
  for (; seed < first_seed + 6; ++seed) {
    const auto what = random_workload(seed, 80);
    bounds limits;
    limits.states = 16;
    limits.inner = 0.02;
    limits.inner_states = 6;
    checker check(what.shape, limits, seed);
    sum += check.explore(record(what));
    ASSERT_EQ(sum.violations, 0U) << "seed " << seed << ": " << sum.first;
  }
  std::cout << "seeds " << first_seed << " to " << seed - 1 << ": " << sentence(sum) << '\n';
}

// What the checker must not accept, each from a promise and an outcome that break it.
TEST(promise, is_broken_by_each_kind_of_loss) {
  promise owed;
  const auto mark = [&owed](event::kind what, std::uint64_t number) {
    owed.apply({what, -1, number, {}, {}, {}, 0});
  };
  mark(event::kind::appending, 5);
  mark(event::kind::appended, 3);
  mark(event::kind::acknowledging, 2);
  mark(event::kind::acknowledged, 1);
  const auto found = [](std::uint64_t acknowledged, std::uint64_t next_id, lives life) {
    return outcome{{}, acknowledged, next_id, std::vector<lives>(next_id - 1 - acknowledged, life)};
  };
  EXPECT_EQ(owed.broken_by(found(1, 4, first_life)), "");
  EXPECT_EQ(owed.broken_by(found(2, 6, first_life)), "");
  EXPECT_NE(owed.broken_by(found(1, 3, first_life)), "");   // a confirmed record is lost
  EXPECT_NE(owed.broken_by(found(1, 7, first_life)), "");   // one that was never appended
  EXPECT_NE(owed.broken_by(found(0, 4, first_life)), "");   // an acknowledged one comes back
  EXPECT_NE(owed.broken_by(found(3, 4, first_life)), "");   // one is gone that nobody acknowledged
  EXPECT_NE(owed.broken_by(found(1, 4, second_life)), "");  // another's payload
  EXPECT_NE(owed.broken_by({"it cannot be opened", 1, 4, {}}), "");
  mark(event::kind::written, 4);
  EXPECT_EQ(owed.broken_by(found(1, 4, first_life)), "");
  EXPECT_NE(owed.broken_by(found(1, 4, first_life), dies::process), "");  // was written
  EXPECT_EQ(owed.broken_by(found(1, 5, first_life), dies::process), "");
  mark(event::kind::reopened, 4);
  EXPECT_NE(owed.broken_by(found(1, 6, first_life)), "");  // given up by recovery, and back again
  mark(event::kind::appending, 5);
  EXPECT_NE(owed.broken_by(found(1, 6, first_life)), "");
}

}  // namespace
}  // namespace annulus::crash
