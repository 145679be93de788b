#include "measure/statistics.hpp"

#include <cmath>
#include <functional>
#include <random>
#include <set>

#include "support.hpp"

namespace annulus::harness {
namespace {

TEST(statistics, median_by_hand) {
  EXPECT_DOUBLE_EQ(median({7}), 7);
  EXPECT_DOUBLE_EQ(median({9, 1, 5}), 5);
  EXPECT_DOUBLE_EQ(median({4, 1, 3, 2}), 2.5);
}

TEST(statistics, quantile_by_hand) {
  // Type 7 on 1..5: place = 4 * part.
  EXPECT_DOUBLE_EQ(quantile({5, 3, 1, 2, 4}, 0), 1);
  EXPECT_DOUBLE_EQ(quantile({5, 3, 1, 2, 4}, 0.25), 2);
  EXPECT_DOUBLE_EQ(quantile({5, 3, 1, 2, 4}, 0.9), 4.6);
  EXPECT_DOUBLE_EQ(quantile({5, 3, 1, 2, 4}, 1), 5);
}

TEST(statistics, refuses_nothing_and_nonsense) {
  EXPECT_THROW(median({}), std::invalid_argument);
  EXPECT_THROW(quantile({1}, 1.5), std::invalid_argument);
  EXPECT_THROW(median_with_interval({}), std::invalid_argument);
}

TEST(statistics, fewer_than_six_values_have_no_interval) {
  const estimate few = median_with_interval({10, 30, 20, 50, 40});
  EXPECT_FALSE(few.has_interval());
  EXPECT_DOUBLE_EQ(few.low, few.median);
  EXPECT_DOUBLE_EQ(few.high, few.median);
  EXPECT_TRUE(overlap(few, {100, 90, 110, 6}));
  EXPECT_TRUE(median_with_interval({1, 2, 3, 4, 5, 6}).has_interval());
}

TEST(statistics, an_interval_ends_at_values_and_narrows_with_their_number) {
  std::vector<double> values;
  for (int at = 0; at <= 100; ++at) values.push_back(at * 37 % 101);
  const estimate found = median_with_interval(values);
  EXPECT_DOUBLE_EQ(found.median, 50);
  // By the binomial distribution of 101 coins: the 41st value covers too often, the 42nd too
  // seldom.
  EXPECT_TRUE(found.low == 40 || found.low == 41) << found.low;
  EXPECT_TRUE(found.high == 60 || found.high == 59) << found.high;
}

TEST(statistics, an_interval_of_many_values_is_that_of_the_normal_approximation) {
  std::vector<double> values;
  for (int at = 0; at < 10'000; ++at) values.push_back(at);
  const estimate found = median_with_interval(values);
  EXPECT_NEAR(found.low, 5000 - 98, 1.5);
  EXPECT_NEAR(found.high, 5000 + 98, 1.5);
}

TEST(statistics, an_interval_follows_the_unit) {
  std::mt19937_64 random(5);
  std::uniform_real_distribution<double> some(1, 2);
  for (int round = 0; round < 200; ++round) {
    std::vector<double> values(6 + static_cast<std::size_t>(round) % 9);
    std::vector<double> scaled;
    for (double& each : values) scaled.push_back(1e-6 * (each = some(random)));
    const estimate here = median_with_interval(values);
    const estimate there = median_with_interval(scaled);
    EXPECT_DOUBLE_EQ(here.low * 1e-6, there.low);
    EXPECT_DOUBLE_EQ(here.high * 1e-6, there.high);
    EXPECT_LE(here.low, here.median);
    EXPECT_GE(here.high, here.median);
  }
}

TEST(statistics, the_lot_is_drawn_by_the_order) {
  // Six values in each of their orders: four in five have their whole range, and the others one end
  // less, by the exact chances 1/32 and 1/8 to miss; both ends are as often it.
  std::vector<double> values{1, 2, 3, 4, 5, 6};
  std::map<std::pair<double, double>, int> ends;
  do {
    const estimate found = median_with_interval(values);
    ++ends[{found.low, found.high}];
  } while (std::next_permutation(values.begin(), values.end()));
  EXPECT_EQ(ends.size(), 3U);
  EXPECT_EQ((ends[{1, 6}]), 576);
  EXPECT_EQ((ends[{1, 5}]), 72);
  EXPECT_EQ((ends[{2, 6}]), 72);
}

TEST(statistics, intervals_overlap_when_they_meet) {
  EXPECT_TRUE(overlap({5, 4, 6, 6}, {7, 6, 8, 6}));
  EXPECT_FALSE(overlap({5, 4, 6, 6}, {8, 7, 9, 6}));
  EXPECT_FALSE(overlap({8, 7, 9, 6}, {5, 4, 6, 6}));
}

struct distribution {
  const char* name;
  double median;
  std::function<double(std::mt19937_64&)> draw;
};

class coverage : public testing::TestWithParam<distribution> {};

TEST_P(coverage, is_95_percent_for_every_number_of_values) {
  constexpr int trials = 2500;  // so that chance moves it by 0.44 points
  std::mt19937_64 random(12);
  std::vector<double> values;
  for (std::size_t n = 6; n <= 30; ++n) {
    int covered = 0;
    for (int trial = 0; trial < trials; ++trial) {
      values.resize(n);
      for (double& each : values) each = GetParam().draw(random);
      const estimate found = median_with_interval(values);
      if (found.low <= GetParam().median && GetParam().median <= found.high) ++covered;
    }
    EXPECT_GE(covered, trials * 93 / 100) << n << " values";
    EXPECT_LE(covered, trials * 97 / 100) << n << " values";
  }
}

double normal(std::mt19937_64& random) {
  return std::normal_distribution<double>()(random);
}

// Ten standard deviations apart.
std::function<double(std::mt19937_64&)> two_humps(double in_low) {
  return [in_low](std::mt19937_64& random) {
    const bool high = std::uniform_real_distribution<double>()(random) >= in_low;
    return normal(random) + (high ? 10 : 0);
  };
}

INSTANTIATE_TEST_SUITE_P(
    distributions, coverage,
    testing::Values(distribution{"normal", 0, normal},
                    distribution{"skewed", 1,
                                 [](auto& random) { return std::exp(normal(random)); }},
                    // The gap between them is the median, of which this is the middle.
                    distribution{"two_humps_alike", 5, two_humps(0.5)},
                    // The quantile of 0.5 / 0.6 of the low one.
                    distribution{"two_humps", 0.967421566, two_humps(0.6)}),
    [](const auto& at) { return std::string(at.param.name); });

}  // namespace
}  // namespace annulus::harness
