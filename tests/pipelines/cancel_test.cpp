// Cancels latch: they end the call that waits, or else the next one, once, and change nothing else.
#include <atomic>
#include <thread>

#include "support.hpp"

namespace annulus::pipelines::testing {

TEST(cancel, before_a_read_ends_it_and_leaves_the_data_for_the_next) {
  pipe p(small_options());
  put(p.writer(), 7);
  EXPECT_FALSE(p.writer().flush());
  p.reader().cancel_pending_read();
  auto got = p.reader().read();
  EXPECT_EQ(got.error, errc::cancelled);
  EXPECT_TRUE(got.buffer.empty());
  EXPECT_EQ(p.reader().advance(got.buffer.finish()), errc::no_read);
  got = p.reader().read();
  EXPECT_FALSE(got.error);
  EXPECT_EQ(got.buffer.size(), 7U);
}
TEST(cancel, before_a_read_of_nothing_returns_at_once_and_once) {
  pipe p(small_options());
  p.reader().cancel_pending_read();
  p.reader().cancel_pending_read();
  EXPECT_EQ(p.reader().read().error, errc::cancelled);
  EXPECT_EQ(p.reader().try_read().error, errc::would_block);
}
TEST(cancel, ends_a_read_that_waits) {
  pipe p(small_options());
  std::thread canceller([&] {
    while (p.stats().reader.parks == 0) std::this_thread::yield();
    p.reader().cancel_pending_read();
  });
  EXPECT_EQ(p.reader().read().error, errc::cancelled);
  canceller.join();
}
TEST(cancel, ends_a_read_at_least_that_has_too_little) {
  pipe p(small_options());
  put(p.writer(), 7);
  EXPECT_FALSE(p.writer().flush());
  p.reader().cancel_pending_read();
  EXPECT_EQ(p.reader().read_at_least(100).error, errc::cancelled);
  EXPECT_EQ(p.reader().read().buffer.size(), 7U);
}
TEST(cancel, ends_a_flush_that_waits_and_the_next_one_waits_again) {
  pipe p(small_options());
  put(p.writer(), 64);
  std::thread canceller([&] {
    while (p.stats().writer.parks == 0) std::this_thread::yield();
    p.writer().cancel_pending_flush();
  });
  EXPECT_EQ(p.writer().flush(), errc::cancelled);
  canceller.join();
  EXPECT_TRUE(paused(p.writer()));
  EXPECT_EQ(p.reader().read().buffer.size(), 64U);
}
TEST(cancel, before_a_flush_cancels_one_that_would_not_wait_and_publishes_all_the_same) {
  pipe p(small_options());
  p.writer().cancel_pending_flush();
  put(p.writer(), 5);
  EXPECT_EQ(p.writer().flush(), errc::cancelled);
  EXPECT_FALSE(p.writer().flush());
  EXPECT_EQ(p.reader().read().buffer.size(), 5U);
}
TEST(cancel, of_a_flush_leaves_the_reader_alone) {
  pipe p(small_options());
  p.writer().cancel_pending_flush();
  EXPECT_EQ(p.reader().try_read().error, errc::would_block);
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
      const auto error = p.writer().flush();
      ASSERT_TRUE(!error || error == errc::cancelled);
      if (error) ++cancelled_flushes;
      p.reader().cancel_pending_read();
    }
    EXPECT_FALSE(p.writer().close());
  });
  for (;;) {
    const auto got = p.reader().read();
    if (got.error == errc::cancelled) {
      ++cancelled_reads;
      continue;
    }
    ASSERT_FALSE(got.error);
    ASSERT_TRUE(got.closed || !got.buffer.empty());
    ASSERT_TRUE(holds(got.buffer, received));
    received += got.buffer.size();
    if (received % 16 == 0) p.writer().cancel_pending_flush();
    ASSERT_FALSE(p.reader().advance(got.buffer.finish()));
    if (got.closed && got.buffer.empty()) break;
  }
  writer.join();
  EXPECT_EQ(received, sent);
  EXPECT_EQ(received, std::uint64_t{8} * rounds);
  EXPECT_GT(cancelled_flushes, 0U);
  EXPECT_GT(cancelled_reads, 0U);
}

}  // namespace annulus::pipelines::testing
