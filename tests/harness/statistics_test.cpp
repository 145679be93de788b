#include "statistics.hpp"

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
  EXPECT_THROW(bootstrap_median({}), std::invalid_argument);
}

TEST(statistics, interval_of_three_is_their_range) {
  // Of 27 equally likely resamples, 7 have the least value as median: far more than 2.5 %.
  const std::vector<double> values{10, 30, 20};
  const estimate found = bootstrap_median(values);
  EXPECT_DOUBLE_EQ(found.median, 20);
  EXPECT_DOUBLE_EQ(found.low, 10);
  EXPECT_DOUBLE_EQ(found.high, 30);
  EXPECT_EQ(found.n, 3U);
}

TEST(statistics, interval_narrows_with_more_values) {
  std::vector<double> values;
  for (int at = 0; at < 101; ++at) values.push_back(at);
  const estimate found = bootstrap_median(values);
  EXPECT_DOUBLE_EQ(found.median, 50);
  // The exact order-statistic interval of the median of 101 values is 40..60.
  EXPECT_NEAR(found.low, 40, 2.5);
  EXPECT_NEAR(found.high, 60, 2.5);
}

TEST(statistics, interval_is_reproducible) {
  const std::vector<double> values{1, 2, 3, 5, 8, 13, 21};
  EXPECT_DOUBLE_EQ(bootstrap_median(values, 9).low, bootstrap_median(values, 9).low);
}

TEST(statistics, one_value_has_no_interval) {
  const std::vector<double> one{4};
  const estimate single = bootstrap_median(one);
  EXPECT_FALSE(single.has_interval());
  EXPECT_TRUE(overlap(single, {100, 90, 110, 3}));
}

TEST(statistics, intervals_overlap_when_they_meet) {
  EXPECT_TRUE(overlap({5, 4, 6, 3}, {7, 6, 8, 3}));
  EXPECT_FALSE(overlap({5, 4, 6, 3}, {8, 7, 9, 3}));
  EXPECT_FALSE(overlap({8, 7, 9, 3}, {5, 4, 6, 3}));
}

}  // namespace
}  // namespace annulus::harness
