// When a flush waits, and when it goes on: pause 64, resume 32.
#include <thread>

#include "support.hpp"

namespace annulus::pipelines::testing {

class back_pressure : public ::testing::Test {
 protected:
  // Flushes `n` bytes. True if that would wait.
  bool flush(std::size_t n) {
    put(p.writer(), n);
    return paused(p.writer());
  }
  void read_and_advance(std::size_t consumed, std::size_t examined) {
    const auto got = p.reader().read();
    ASSERT_FALSE(got.error);
    advance(p.reader(), got.buffer, consumed, examined);
  }

  pipe p{small_options()};
};

TEST_F(back_pressure, flush_below_the_pause_threshold_does_not_wait) {
  EXPECT_FALSE(flush(63));
}
TEST_F(back_pressure, flush_that_reaches_the_pause_threshold_waits) {
  EXPECT_TRUE(flush(64));
}
TEST_F(back_pressure, small_flushes_wait_once_they_reach_the_threshold_together) {
  EXPECT_FALSE(flush(63));
  EXPECT_TRUE(flush(1));
}
TEST_F(back_pressure, consuming_33_resumes) {
  EXPECT_TRUE(flush(64));
  read_and_advance(33, 33);
  EXPECT_FALSE(paused(p.writer()));
}
TEST_F(back_pressure, consuming_exactly_32_is_still_pending) {
  EXPECT_TRUE(flush(64));
  read_and_advance(32, 32);
  EXPECT_TRUE(paused(p.writer()));
}
TEST_F(back_pressure, examining_33_and_consuming_none_resumes) {
  EXPECT_TRUE(flush(64));
  read_and_advance(0, 33);
  EXPECT_FALSE(paused(p.writer()));
}
TEST_F(back_pressure, between_the_thresholds_an_unpaused_writer_goes_on) {
  EXPECT_TRUE(flush(64));
  read_and_advance(40, 40);
  EXPECT_FALSE(flush(39));  // 63 unexamined
  EXPECT_TRUE(flush(1));
}
TEST_F(back_pressure, five_examined_only_rounds_pause_each_and_keep_all) {
  for (std::size_t round = 1; round <= 5; ++round) {
    put(p.writer(), 64, 64 * (round - 1));
    EXPECT_TRUE(paused(p.writer())) << round;
    const auto got = p.reader().read();
    EXPECT_EQ(got.buffer.size(), 64 * round);
    EXPECT_TRUE(holds(got.buffer));
    advance(p.reader(), got.buffer, 0, 64 * round);
    EXPECT_FALSE(paused(p.writer())) << round;
  }
  EXPECT_EQ(p.stats().buffered, 320U);
}
TEST_F(back_pressure, pause_threshold_zero_never_waits) {
  pipe unlimited({.minimum_segment = 16, .pause_threshold = 0, .resume_threshold = 0});
  put(unlimited.writer(), 10'000);
  EXPECT_FALSE(paused(unlimited.writer()));
}
TEST_F(back_pressure, resume_threshold_zero_resumes_when_all_is_examined) {
  pipe strict({.minimum_segment = 16, .pause_threshold = 64, .resume_threshold = 0});
  put(strict.writer(), 64);
  EXPECT_TRUE(paused(strict.writer()));
  auto got = strict.reader().read();
  advance(strict.reader(), got.buffer, 63, 63);
  EXPECT_TRUE(paused(strict.writer()));
  got = strict.reader().read();
  advance(strict.reader(), got.buffer, 0, 1);
  EXPECT_FALSE(paused(strict.writer()));
}
TEST_F(back_pressure, commit_publishes_at_the_threshold_without_waiting) {
  put(p.writer(), 100);
  EXPECT_FALSE(p.writer().commit());
  EXPECT_EQ(p.reader().try_read().buffer.size(), 100U);
  EXPECT_TRUE(paused(p.writer()));
}
TEST_F(back_pressure, un_examining_counts_again) {
  EXPECT_FALSE(flush(40));
  read_and_advance(0, 40);
  EXPECT_FALSE(flush(10));
  EXPECT_EQ(p.stats().unexamined, 10U);
  read_and_advance(0, 5);
  EXPECT_EQ(p.stats().unexamined, 45U);
  EXPECT_EQ(p.reader().try_read().buffer.size(), 50U);
}
TEST_F(back_pressure, waiting_for_more_than_the_threshold_releases_a_paused_writer) {
  EXPECT_TRUE(flush(64));
  std::thread reader([&] {
    const auto got = p.reader().read_at_least(200);
    EXPECT_FALSE(got.error);
    EXPECT_GE(got.buffer.size(), 200U);
    EXPECT_FALSE(p.reader().advance(got.buffer.finish()));
  });
  EXPECT_FALSE(p.writer().flush());
  for (int i = 0; i < 3; ++i) {
    put(p.writer(), 64);
    EXPECT_FALSE(p.writer().flush());
  }
  reader.join();
}
TEST_F(back_pressure, holds_again_once_the_large_read_is_satisfied) {
  EXPECT_FALSE(flush(63));
  std::thread reader([&] { EXPECT_EQ(p.reader().read_at_least(163).buffer.size(), 163U); });
  while (p.stats().reader.parks == 0) std::this_thread::yield();
  EXPECT_FALSE(flush(50));
  EXPECT_TRUE(flush(50));
  reader.join();
}
TEST_F(back_pressure, a_blocked_flush_goes_on_when_the_reader_examines) {
  put(p.writer(), 64);
  std::thread writer([&] { EXPECT_FALSE(p.writer().flush()); });
  const auto got = p.reader().read();
  advance(p.reader(), got.buffer, 0, 64);
  writer.join();
}
TEST_F(back_pressure, a_flush_that_a_stop_request_ends_keeps_its_bytes) {
  put(p.writer(), 64);
  EXPECT_EQ(ended_when_it_waits(p, [&](until limit) { return p.writer().flush(limit); }),
            errc::cancelled);
  EXPECT_EQ(p.writer().unflushed_bytes(), 0U);
  EXPECT_EQ(p.reader().read().buffer.size(), 64U);
}
TEST_F(back_pressure, the_writer_tells_its_unflushed_bytes) {
  EXPECT_EQ(p.writer().unflushed_bytes(), 0U);
  EXPECT_FALSE(p.writer().alloc(16).error);
  EXPECT_EQ(p.writer().unflushed_bytes(), 0U);
  put(p.writer(), 20);
  const auto bytes = pattern_bytes(20, 5);
  EXPECT_FALSE(p.writer().append({.bytes = bytes}));
  EXPECT_EQ(p.writer().unflushed_bytes(), 25U);
  EXPECT_FALSE(p.writer().commit());
  EXPECT_EQ(p.writer().unflushed_bytes(), 0U);
  put(p.writer(), 3, 25);
  EXPECT_EQ(p.writer().unflushed_bytes(), 3U);
  EXPECT_FALSE(p.writer().flush());
  EXPECT_EQ(p.writer().unflushed_bytes(), 0U);
  put(p.writer(), 4);
  EXPECT_FALSE(p.writer().close());
  EXPECT_EQ(p.writer().unflushed_bytes(), 0U);
}

}  // namespace annulus::pipelines::testing
