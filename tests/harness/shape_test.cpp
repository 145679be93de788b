#include "measure/shape.hpp"

#include <functional>
#include <random>

#include "support.hpp"

namespace annulus::harness {
namespace {

TEST(shape, of_few_values_says_nothing) {
  const sample_shape few = shape_of({9, 1, 1, 1, 1});
  EXPECT_FALSE(few.warms_up || few.drifts || few.split);
  EXPECT_FALSE(shape_of({}).split);
}

TEST(shape, a_first_value_far_from_all_others_is_a_warm_up) {
  EXPECT_TRUE(shape_of({20, 10, 12, 11, 13, 14}).warms_up);
  EXPECT_TRUE(shape_of({1, 10, 12, 11, 13, 14}).warms_up);
  EXPECT_FALSE(shape_of({17, 10, 12, 11, 13, 14}).warms_up) << "no farther than they are wide";
  EXPECT_FALSE(shape_of({10, 20, 12, 11, 13, 14}).warms_up) << "not the first";
  EXPECT_FALSE(shape_of({5, 5, 5, 5, 5, 5}).warms_up);
}

TEST(shape, values_that_rise_or_fall_drift) {
  const sample_shape rising = shape_of({100, 101, 102, 104, 105, 106, 108});
  EXPECT_TRUE(rising.drifts);
  EXPECT_NEAR(rising.drift, (107 - 100.5) / 104, 1e-12);
  EXPECT_LT(shape_of({8, 7, 6, 5, 4, 3, 2}).drift, 0);
  EXPECT_FALSE(shape_of({1, 3, 2, 5, 4, 6}).drifts) << "as many orders are by chance";
  EXPECT_FALSE(shape_of({3, 3, 3, 3, 3, 3, 3, 3}).drifts);
  EXPECT_EQ(shape_of({3, 3, 3, 3, 3, 3, 3, 3}).drift, 0);
}

TEST(shape, two_humps_are_named) {
  const sample_shape found = shape_of({10, 30.5, 10.5, 31, 9.5, 30, 10, 31});
  EXPECT_TRUE(found.split);
  EXPECT_DOUBLE_EQ(found.low_hump, 10);
  EXPECT_DOUBLE_EQ(found.high_hump, 30.75);
  EXPECT_DOUBLE_EQ(found.high_part, 0.5);
  EXPECT_TRUE(shape_of({1, 1, 2, 2, 1, 2}).split) << "nothing at all lies between";
  EXPECT_FALSE(shape_of({1, 1, 1, 1, 1, 1}).split);
  EXPECT_FALSE(shape_of({10, 10.5, 9.5, 10, 10.2, 30}).split) << "one outlier is no hump";
}

// Of how many samples of `n` drawn values the shape is so, in %.
double percent(std::size_t n, const std::function<double(std::mt19937_64&, std::size_t)>& draw,
               bool sample_shape::*what) {
  constexpr int trials = 2000;
  std::mt19937_64 random(3);
  std::vector<double> values(n);
  int found = 0;
  for (int trial = 0; trial < trials; ++trial) {
    for (std::size_t at = 0; at < n; ++at) values[at] = draw(random, at);
    found += shape_of(values).*what ? 1 : 0;
  }
  return 100.0 * found / trials;
}

double normal_at(std::mt19937_64& random, std::size_t /*at*/) {
  return std::normal_distribution<double>()(random);
}

TEST(shape, normal_values_raise_no_alarm) {
  for (std::size_t n = 6; n <= 30; ++n) {
    EXPECT_LE(percent(n, normal_at, &sample_shape::split), 4) << n;
    EXPECT_LE(percent(n, normal_at, &sample_shape::drifts), 2) << n;
    EXPECT_LE(percent(n, normal_at, &sample_shape::warms_up), 4) << n;
  }
}

TEST(shape, a_hump_ten_deviations_from_another_is_found) {
  const auto humps = [](std::mt19937_64& random, std::size_t at) {
    return normal_at(random, at) + (std::bernoulli_distribution(0.4)(random) ? 10 : 0);
  };
  EXPECT_GE(percent(10, humps, &sample_shape::split), 80);
  EXPECT_GE(percent(20, humps, &sample_shape::split), 95);
  EXPECT_GE(percent(30, humps, &sample_shape::split), 98);
}

TEST(shape, a_drift_of_half_a_deviation_each_time_is_found) {
  const auto drifting = [](std::mt19937_64& random, std::size_t at) {
    return normal_at(random, at) + 0.5 * static_cast<double>(at);
  };
  EXPECT_GE(percent(10, drifting, &sample_shape::drifts), 50);
  EXPECT_GE(percent(20, drifting, &sample_shape::drifts), 99);
}

}  // namespace
}  // namespace annulus::harness
