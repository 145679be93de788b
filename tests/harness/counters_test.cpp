#include "machine/counters.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "suites/common/usage.hpp"

namespace annulus::harness {
namespace {

TEST(hardware_counts, are_scaled_to_the_whole_time) {
  EXPECT_EQ(scaled_count({.value = 100, .enabled = 40, .running = 40}), 100);
  EXPECT_EQ(scaled_count({.value = 100, .enabled = 40, .running = 10}), 400);
  EXPECT_EQ(scaled_count({.value = 0, .enabled = 0, .running = 0}), 0);
  EXPECT_FALSE(scaled_count({.value = 0, .enabled = 40, .running = 0}));
}

TEST(hardware_counts, that_are_absent_once_stay_so) {
  const hardware_counts before{.cycles = 5, .instructions = std::nullopt, .cache_misses = 1};
  const hardware_counts after{.cycles = 7, .instructions = 9, .cache_misses = std::nullopt};
  const auto between = after - before;
  EXPECT_EQ(between.cycles, 2);
  EXPECT_FALSE(between.instructions);
  EXPECT_FALSE(between.cache_misses);
  hardware_counts sum;
  EXPECT_FALSE((sum += hardware_counts{}).cycles);
  sum += between;
  sum += between;
  EXPECT_EQ(sum.cycles, 4);
  EXPECT_FALSE(sum.instructions);
}

TEST(hardware_counters, count_threads_that_start_later_or_are_absent) {
  const hardware_counters counters;
  const auto before = counters.now();
  std::atomic<int> sum{0};
  std::thread([&] {
    for (int i = 0; i < 1'000'000; ++i) sum.fetch_add(1, std::memory_order_relaxed);
  }).join();
  const auto spent = counters.now() - before;
  EXPECT_EQ(spent.instructions.has_value(), before.instructions.has_value());
  EXPECT_GT(spent.instructions.value_or(1e9), 1e6);
}

TEST(usage, shows_no_counter_that_is_absent) {
  bench::usage spent;
  spent.user = 1;
  spent.hardware.instructions = 4096;
  std::map<std::string, double> shown;
  bench::add_usage(shown, spent, 2048);
  EXPECT_EQ(shown.at("instructions_per_byte"), 2);
  EXPECT_FALSE(shown.contains("cycles_per_byte"));
  EXPECT_FALSE(shown.contains("cache_misses_per_kib"));
  EXPECT_GT(shown.at("peak_rss_bytes"), 1 << 20);
}

TEST(usage, tells_waiting_awake_from_sleep) {
  using std::chrono::seconds;
  ring_stats counted;
  counted.writer.stalled = seconds(5);
  counted.writer.slept = seconds(4);
  counted.writer.kernel_calls = 3;
  counted.reader.kernel_calls = 4;
  counted.reader.barriers = 2;
  counted.reader.stalled = seconds(8);
  std::map<std::string, double> shown;
  bench::add_ring_counts(shown, counted, 1U << 30U, 10, 40);
  EXPECT_EQ(shown.at("writer_waiting_percent"), 50);
  EXPECT_EQ(shown.at("writer_spinning_percent"), 10);
  EXPECT_EQ(shown.at("reader_waiting_percent"), 20);
  EXPECT_EQ(shown.at("reader_spinning_percent"), 20);
  EXPECT_EQ(shown.at("kernel_calls_per_gib"), 7);
  EXPECT_EQ(shown.at("membarriers_per_gib"), 2);
}

}  // namespace
}  // namespace annulus::harness
