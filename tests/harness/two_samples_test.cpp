#include "measure/two_samples.hpp"

#include <cmath>
#include <random>
#include <stdexcept>

#include "support.hpp"
#include "support/thinned.hpp"

namespace annulus::harness {
namespace {

using values = std::vector<double>;

TEST(two_samples, shift_by_hand) {
  // The nine differences are 8, 9, 10, 9, 10, 11, 10, 11, 12.
  EXPECT_DOUBLE_EQ(shift_between({1, 2, 3}, {11, 12, 13}).median, 10);
  const estimate few = shift_between({1, 2, 3}, {11, 12, 13});
  EXPECT_FALSE(few.has_interval());
  EXPECT_EQ(few.low, few.high);
  EXPECT_THROW(shift_between({}, {1}), std::invalid_argument);
}

TEST(two_samples, interval_is_that_of_the_tables) {
  // Critical values of the rank-sum test, two-sided 5 %: U <= 5 for 6 and 6, U <= 23 for 10 and 10,
  // so that the interval begins at the 6th and at the 24th difference.
  values before;
  values after;
  for (int at = 0; at < 6; ++at) {
    before.push_back(at * 100.0);
    after.push_back(at);
  }
  values differences;
  for (const double one : before) {
    for (const double other : after) differences.push_back(other - one);
  }
  std::sort(differences.begin(), differences.end());
  const estimate six = shift_between(before, after);
  EXPECT_DOUBLE_EQ(six.low, differences[5]);
  EXPECT_DOUBLE_EQ(six.high, differences[30]);
  for (int at = 6; at < 10; ++at) {
    before.push_back(at * 100.0);
    after.push_back(at);
  }
  differences.clear();
  for (const double one : before) {
    for (const double other : after) differences.push_back(other - one);
  }
  std::sort(differences.begin(), differences.end());
  EXPECT_DOUBLE_EQ(shift_between(before, after).low, differences[23]);
}

TEST(two_samples, chance_by_counting) {
  // Of the 20 ways to take three ranks of six, one has the three highest and two have at least 5 +
  // 6 + 3.
  EXPECT_DOUBLE_EQ(chance_of_ranks_above({1, 2, 3}, {4, 5, 6}), 0.05);
  EXPECT_DOUBLE_EQ(chance_of_ranks_above({1, 2, 4}, {3, 5, 6}), 0.1);
  EXPECT_DOUBLE_EQ(chance_of_ranks_above({4, 5, 6}, {1, 2, 3}), 1);
  EXPECT_DOUBLE_EQ(chance_of_ranks_above({7, 7, 7}, {7, 7, 7}), 1);
  // Ties share their ranks: of the six ways to take two of 1.5, 1.5, 3.5, 3.5, one has 7 and four
  // have 5.
  EXPECT_DOUBLE_EQ(chance_of_ranks_above({1, 2}, {1, 2}), 5.0 / 6);
  EXPECT_DOUBLE_EQ(chance_of_ranks_above({1, 1}, {2, 2}), 1.0 / 6);
  EXPECT_DOUBLE_EQ(least_chance(3, 3), 0.05);
  EXPECT_DOUBLE_EQ(least_chance(6, 6), 1.0 / 924);
  EXPECT_THROW(chance_of_ranks_above({1}, {}), std::invalid_argument);
}

TEST(two_samples, approximation_continues_what_is_exact) {
  std::mt19937_64 random(1);
  std::normal_distribution<double> noise;
  for (int turn = 0; turn < 20; ++turn) {
    values before(20);
    values after(20);
    for (double& each : before) each = noise(random);
    for (double& each : after) each = noise(random) + 0.4;
    const double exact = chance_of_ranks_above(before, after);
    before.push_back(-100);  // the least of all, which changes little, but now there are 41
    EXPECT_NEAR(chance_of_ranks_above(before, after), exact, 0.35 * exact + 0.002);
  }
}

TEST(two_samples, holm_by_hand) {
  // 0.01 x 4; 0.02 x 3; 0.03 x 2; 0.5 x 1.
  const values corrected = corrected_by_holm({0.02, 0.5, 0.01, 0.03});
  EXPECT_DOUBLE_EQ(corrected[2], 0.04);
  EXPECT_DOUBLE_EQ(corrected[0], 0.06);
  EXPECT_DOUBLE_EQ(corrected[3], 0.06);
  EXPECT_DOUBLE_EQ(corrected[1], 0.5);
  EXPECT_EQ(corrected_by_holm({0.9, 0.9}), (values{1, 1}));
  EXPECT_TRUE(corrected_by_holm({}).empty());
}

// Noise with a long tail to one side, as times have it.
TEST(two_samples, interval_covers_what_it_says) {
  if (support::thinned > 1) GTEST_SKIP() << "arithmetic alone, a minute of it under a sanitizer";
  std::mt19937_64 random(7);
  std::normal_distribution<double> normal;
  const auto skewed = [&] { return std::exp(0.5 * normal(random)); };
  constexpr int turns = 2000;
  for (const std::size_t n : {6U, 7U, 10U, 15U, 30U}) {
    for (const bool is_skewed : {false, true}) {
      int covered = 0;
      for (int turn = 0; turn < turns; ++turn) {
        values before(n);
        values after(n);
        for (double& each : before) each = is_skewed ? skewed() : normal(random);
        for (double& each : after) each = (is_skewed ? skewed() : normal(random)) + 3;
        const estimate found = shift_between(before, after);
        covered += found.low <= 3 && 3 <= found.high ? 1 : 0;
      }
      const double part = static_cast<double>(covered) / turns;
      // Exactly 95 % at least; 1.5 % are three standard deviations of what is counted here.
      EXPECT_GE(part, 0.935) << n;
      EXPECT_LE(part, 0.975) << n;
    }
  }
}

}  // namespace
}  // namespace annulus::harness
