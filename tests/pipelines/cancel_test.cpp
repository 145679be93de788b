// Cancels latch: they end the call that waits, or else the next one, once.
#include <atomic>
#include <thread>

#include "support.hpp"

namespace annulus::pipelines::testing {

TEST(cancel, before_a_read_returns_data_and_cancelled_together) {
  pipe p(small_options());
  put(p.writer(), 7);
  EXPECT_FALSE(p.writer().flush().error);
  p.reader().cancel_pending_read();
  auto got = p.reader().read();
  EXPECT_TRUE(got.cancelled);
  EXPECT_FALSE(got.error);
  EXPECT_EQ(got.buffer.size(), 7U);
  advance(p.reader(), got.buffer, 0, 0);
  got = p.reader().read();
  EXPECT_FALSE(got.cancelled);
  EXPECT_EQ(got.buffer.size(), 7U);
}
TEST(cancel, before_a_read_of_nothing_returns_at_once_and_once) {
  pipe p(small_options());
  p.reader().cancel_pending_read();
  p.reader().cancel_pending_read();
  const auto got = p.reader().read();
  EXPECT_TRUE(got.cancelled);
  EXPECT_TRUE(got.buffer.empty());
  advance(p.reader(), got.buffer, 0, 0);
  EXPECT_EQ(p.reader().try_read().error, annulus::errc::would_block);
}
TEST(cancel, ends_a_read_that_waits) {
  pipe p(small_options());
  std::thread canceller([&] {
    while (p.stats().reader.parks == 0) std::this_thread::yield();
    p.reader().cancel_pending_read();
  });
  EXPECT_TRUE(p.reader().read().cancelled);
  canceller.join();
}
TEST(cancel, ends_a_read_at_least_with_what_there_is) {
  pipe p(small_options());
  put(p.writer(), 7);
  EXPECT_FALSE(p.writer().flush().error);
  p.reader().cancel_pending_read();
  const auto got = p.reader().read_at_least(100);
  EXPECT_TRUE(got.cancelled);
  EXPECT_EQ(got.buffer.size(), 7U);
}
TEST(cancel, ends_a_flush_that_waits_and_the_next_one_waits_again) {
  pipe p(small_options());
  put(p.writer(), 64);
  std::thread canceller([&] {
    while (p.stats().writer.parks == 0) std::this_thread::yield();
    p.writer().cancel_pending_flush();
  });
  const auto got = p.writer().flush();
  EXPECT_TRUE(got.cancelled);
  EXPECT_FALSE(got.error);
  canceller.join();
  EXPECT_TRUE(paused(p.writer()));
  EXPECT_EQ(p.reader().read().buffer.size(), 64U);
}
TEST(cancel, before_a_flush_cancels_one_that_would_not_wait_and_publishes_all_the_same) {
  pipe p(small_options());
  p.writer().cancel_pending_flush();
  put(p.writer(), 5);
  EXPECT_TRUE(p.writer().flush().cancelled);
  EXPECT_FALSE(p.writer().flush().cancelled);
  EXPECT_EQ(p.reader().read().buffer.size(), 5U);
}
TEST(cancel, of_a_flush_leaves_the_reader_alone) {
  pipe p(small_options());
  p.writer().cancel_pending_flush();
  EXPECT_EQ(p.reader().try_read().error, annulus::errc::would_block);
}

// A round: a flush that waits against a cancel and, on the same thread, a read. Whatever comes
// first, the flush ends, nothing is lost, and a cancel that came too late is there for the next.
TEST(cancel, races_with_flush_and_read) {
  constexpr int rounds = 100'000;
  pipe p({.minimum_segment = 64, .pause_threshold = 8, .resume_threshold = 4});
  std::uint64_t sent = 0, received = 0;
  std::uint64_t cancelled_flushes = 0, cancelled_reads = 0;
  std::thread writer([&] {
    for (int i = 0; i < rounds; ++i) {
      put(p.writer(), 8, sent);
      sent += 8;
      const auto got = p.writer().flush();
      ASSERT_FALSE(got.error);
      if (got.cancelled) ++cancelled_flushes;
      p.reader().cancel_pending_read();
    }
    EXPECT_FALSE(p.writer().complete());
  });
  for (;;) {
    const auto got = p.reader().read();
    ASSERT_FALSE(got.error);
    ASSERT_TRUE(got.cancelled || got.completed || !got.buffer.empty());
    if (got.cancelled) ++cancelled_reads;
    ASSERT_TRUE(holds(got.buffer, received));
    received += got.buffer.size();
    if (received % 16 == 0) p.writer().cancel_pending_flush();
    ASSERT_FALSE(p.reader().advance(got.buffer.finish()));
    if (got.completed && got.buffer.empty()) break;
  }
  writer.join();
  EXPECT_EQ(received, sent);
  EXPECT_EQ(received, std::uint64_t{8} * rounds);
  EXPECT_GT(cancelled_flushes, 0U);
  EXPECT_GT(cancelled_reads, 0U);
}

}  // namespace annulus::pipelines::testing
