// What a read returns, and when.
#include <thread>

#include "support.hpp"

namespace annulus::pipelines::testing {

TEST(reading, unflushed_bytes_that_span_segments_stay_hidden) {
  pipe p(small_options());
  put(p.writer(), 50);
  EXPECT_EQ(p.reader().try_read().error, errc::would_block);
  EXPECT_FALSE(p.writer().flush());
  put(p.writer(), 60, 50);
  const auto got = p.reader().try_read();
  EXPECT_EQ(got.buffer.size(), 50U);
  EXPECT_TRUE(holds(got.buffer));
}
TEST(reading, an_empty_flush_wakes_nobody) {
  pipe p(small_options());
  EXPECT_FALSE(p.writer().flush());
  EXPECT_EQ(p.reader().try_read().error, errc::would_block);
}
TEST(reading, an_empty_flush_after_examined_not_consumed_leaves_the_read_pending) {
  pipe p(small_options());
  put(p.writer(), 10);
  EXPECT_FALSE(p.writer().flush());
  auto got = p.reader().read();
  advance(p.reader(), got.buffer, 0, 10);
  EXPECT_FALSE(p.writer().flush());
  EXPECT_EQ(p.reader().try_read().error, errc::would_block);
  put(p.writer(), 1, 10);
  EXPECT_FALSE(p.writer().flush());
  got = p.reader().try_read();
  EXPECT_EQ(got.buffer.size(), 11U);
  EXPECT_TRUE(holds(got.buffer));
}
TEST(reading, what_was_not_examined_is_read_again_at_once) {
  pipe p(small_options());
  put(p.writer(), 40);
  EXPECT_FALSE(p.writer().flush());
  auto got = p.reader().read();
  advance(p.reader(), got.buffer, 10, 39);
  got = p.reader().try_read();
  EXPECT_EQ(got.buffer.size(), 30U);
  EXPECT_TRUE(holds(got.buffer, 10));
}
TEST(reading, a_commit_shows_in_the_next_read) {
  pipe p(small_options());
  put(p.writer(), 3);
  EXPECT_FALSE(p.writer().commit());
  EXPECT_EQ(p.reader().try_read().buffer.size(), 3U);
}
TEST(reading, a_snapshot_does_not_grow) {
  pipe p(small_options());
  put(p.writer(), 20);
  EXPECT_FALSE(p.writer().commit());
  const auto got = p.reader().read();
  put(p.writer(), 20, 20);
  EXPECT_FALSE(p.writer().commit());
  EXPECT_EQ(got.buffer.size(), 20U);
  EXPECT_TRUE(holds(got.buffer));
  advance(p.reader(), got.buffer, 20, 20);
  EXPECT_TRUE(holds(p.reader().read().buffer, 20));
}
TEST(reading, consume_everything_while_a_write_is_open_and_the_writer_may_still_advance) {
  pipe p(small_options());
  const auto open = p.writer().alloc(16);
  for (std::size_t i = 0; i < 16; ++i) open.memory[i] = pattern(i);
  EXPECT_FALSE(p.writer().advance(10));
  EXPECT_FALSE(p.writer().flush());
  auto got = p.reader().read();
  advance(p.reader(), got.buffer, 10, 10);
  EXPECT_FALSE(p.writer().advance(6));
  EXPECT_FALSE(p.writer().flush());
  got = p.reader().read();
  EXPECT_EQ(got.buffer.size(), 6U);
  EXPECT_TRUE(holds(got.buffer, 10));
}
TEST(reading, read_at_least_counts_buffered_bytes) {
  pipe p(small_options());
  put(p.writer(), 30);
  EXPECT_FALSE(p.writer().flush());
  auto got = p.reader().read();
  advance(p.reader(), got.buffer, 10, 30);
  const auto waits = [&](until limit) { return p.reader().read_at_least(30, limit); };
  EXPECT_EQ(ended_when_it_waits(p, waits).error, errc::cancelled);
  put(p.writer(), 10, 30);
  EXPECT_FALSE(p.writer().flush());
  got = p.reader().read_at_least(30);
  EXPECT_EQ(got.buffer.size(), 30U);
  EXPECT_TRUE(holds(got.buffer, 10));
}
TEST(reading, read_at_least_is_not_satisfied_by_less) {
  pipe p(small_options());
  put(p.writer(), 9);
  EXPECT_FALSE(p.writer().flush());
  const auto waits = [&](until limit) { return p.reader().read_at_least(10, limit); };
  EXPECT_EQ(ended_when_it_waits(p, waits).error, errc::cancelled);
  EXPECT_EQ(p.reader().try_read().buffer.size(), 9U);
}
TEST(reading, read_at_least_returns_less_at_the_end) {
  pipe p(small_options());
  put(p.writer(), 9);
  EXPECT_FALSE(p.writer().close());
  const auto got = p.reader().read_at_least(10);
  EXPECT_FALSE(got.error);
  EXPECT_TRUE(got.closed);
  EXPECT_EQ(got.buffer.size(), 9U);
}
TEST(reading, a_blocked_read_is_woken_by_a_flush) {
  pipe p(small_options());
  std::thread reader([&] { EXPECT_EQ(p.reader().read().buffer.size(), 5U); });
  put(p.writer(), 5);
  EXPECT_FALSE(p.writer().flush());
  reader.join();
}
TEST(reading, a_flush_announces_what_commits_have_published) {
  pipe p(small_options());
  std::thread reader([&] { EXPECT_EQ(p.reader().read().buffer.size(), 5U); });
  while (p.stats().reader.parks == 0) std::this_thread::yield();
  put(p.writer(), 5);
  EXPECT_FALSE(p.writer().commit());
  EXPECT_FALSE(p.writer().flush());
  reader.join();
}
TEST(reading, a_read_ends_at_its_deadline_and_on_a_stop_request) {
  pipe p(small_options());
  EXPECT_EQ(p.reader().read(std::chrono::milliseconds(1)).error, errc::timed_out);
  const auto waits = [&](until limit) { return p.reader().read(limit); };
  EXPECT_EQ(ended_when_it_waits(p, waits).error, errc::cancelled);
  put(p.writer(), 5);
  EXPECT_FALSE(p.writer().flush());
  EXPECT_EQ(p.reader().read().buffer.size(), 5U);
}

}  // namespace annulus::pipelines::testing
