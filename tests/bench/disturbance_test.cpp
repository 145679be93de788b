// What others did with the measured CPUs is told from the kernel's counters.
#include "disturbance.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <sstream>

namespace annulus::bench {
namespace {

TEST(Disturbance, CountsTheTwoCpusAndNoOther) {
  const auto tick = 1.0 / static_cast<double>(sysconf(_SC_CLK_TCK));
  std::istringstream stat(
      "cpu  9 9 9 9 9 9 9 9 9 9\n"
      "cpu0 1 2 3 1000 500 4 5 6 0 0\n"
      "cpu1 9 9 9 9 9 9 9 9 9 9\n"
      "cpu10 10 20 30 1000 500 40 50 60 0 0\n"
      "intr 1\n");
  const auto usage = usage_from(stat, {.producer = 10, .consumer = 0});
  EXPECT_DOUBLE_EQ(usage.busy, 165 * tick);
  EXPECT_DOUBLE_EQ(usage.stolen, 66 * tick);
}

TEST(Disturbance, IsWhatIsLeftWithoutOurOwn) {
  const cpu_usage start{.busy = 100, .stolen = 5, .elapsed = 1000, .own = 10};
  const cpu_usage end{.busy = 115, .stolen = 6, .elapsed = 1010, .own = 21};
  const auto found = between(start, end);
  EXPECT_DOUBLE_EQ(found.others, 20);
  EXPECT_DOUBLE_EQ(found.stolen, 5);
  EXPECT_TRUE(found.matters());
  EXPECT_FALSE(between(start, {.busy = 111, .stolen = 5, .elapsed = 1010, .own = 21}).matters());
}

TEST(Disturbance, IsNoneWithoutReadings) {
  const auto found = between({}, {});
  EXPECT_EQ(found.others, 0);
  EXPECT_EQ(found.stolen, 0);
}

}  // namespace
}  // namespace annulus::bench
