// The hard cap: committed bytes that are not consumed.
#include <thread>

#include "support.hpp"

namespace annulus::pipelines::testing {

class max_size : public ::testing::Test {
 protected:
  pipe p{{.minimum_segment = 16, .pause_threshold = 0, .resume_threshold = 0, .max_size = 100}};
};

TEST_F(max_size, of_an_allocation_is_an_error_beyond_it) {
  EXPECT_FALSE(p.writer().alloc(100).error);
  EXPECT_EQ(p.writer().alloc(101).error, errc::exceeds_capacity);
}
TEST_F(max_size, counts_what_is_uncommitted_to_an_allocation) {
  put(p.writer(), 90);
  EXPECT_EQ(p.writer().alloc(11).error, errc::exceeds_capacity);
  EXPECT_LE(p.writer().alloc(10).memory.size(), 10U);
}
TEST_F(max_size, commit_beyond_it_would_block_and_publishes_nothing) {
  put(p.writer(), 60);
  EXPECT_FALSE(p.writer().commit());
  put(p.writer(), 41, 60);
  EXPECT_EQ(p.writer().commit(), errc::would_block);
  EXPECT_EQ(p.writer().try_flush(), errc::would_block);
  EXPECT_EQ(p.stats().buffered, 60U);
  auto got = p.reader().read();
  EXPECT_EQ(got.buffer.size(), 60U);
  advance(p.reader(), got.buffer, 1, 60);
  EXPECT_FALSE(p.writer().commit());
  got = p.reader().read();
  EXPECT_EQ(got.buffer.size(), 100U);
  EXPECT_TRUE(holds(got.buffer, 1));
}
TEST_F(max_size, examining_makes_no_room) {
  put(p.writer(), 100);
  EXPECT_FALSE(p.writer().commit());
  const auto got = p.reader().read();
  advance(p.reader(), got.buffer, 0, 100);
  put(p.writer(), 1);
  EXPECT_EQ(p.writer().commit(), errc::would_block);
}
TEST_F(max_size, a_flush_waits_for_room) {
  put(p.writer(), 100);
  EXPECT_FALSE(p.writer().flush());
  std::thread reader([&] {
    while (p.stats().writer.parks == 0) std::this_thread::yield();
    const auto got = p.reader().read();
    advance(p.reader(), got.buffer, 50, 100);
  });
  put(p.writer(), 50, 100);
  EXPECT_FALSE(p.writer().flush());
  EXPECT_EQ(p.stats().buffered, 100U);
  reader.join();
}
TEST_F(max_size, a_write_larger_than_it_goes_through) {
  std::thread writer([&] {
    const auto bytes = pattern_bytes(0, 10'000);
    const auto done = p.writer().write(bytes);
    EXPECT_FALSE(done.error);
    EXPECT_EQ(done.bytes, 10'000U);
    EXPECT_FALSE(p.writer().close());
  });
  std::uint64_t received = 0;
  for (;;) {
    const auto got = p.reader().read();
    ASSERT_FALSE(got.error);
    EXPECT_LE(got.buffer.size(), 100U);
    ASSERT_TRUE(holds(got.buffer, received));
    received += got.buffer.size();
    ASSERT_FALSE(p.reader().advance(got.buffer.finish()));
    if (got.closed && got.buffer.empty()) break;
  }
  writer.join();
  EXPECT_EQ(received, 10'000U);
}
TEST_F(max_size, a_write_that_is_stopped_counts_what_the_pipe_has) {
  const auto bytes = pattern_bytes(0, 250);
  const auto done =
      ended_when_it_waits(p, [&](until limit) { return p.writer().write(bytes, limit); });
  EXPECT_EQ(done.error, errc::cancelled);
  EXPECT_EQ(done.bytes, 200U);  // 100 published, 100 waiting for room
  EXPECT_EQ(p.writer().unflushed_bytes(), 100U);
  std::uint64_t received = 0;
  while (received < 200) {
    const auto got = p.reader().read();
    ASSERT_TRUE(holds(got.buffer, received));
    received += got.buffer.size();
    ASSERT_FALSE(p.reader().advance(got.buffer.finish()));
    ASSERT_FALSE(p.writer().flush());
  }
}
TEST_F(max_size, a_reader_that_wants_more_than_fits_is_told_and_has_the_bytes) {
  EXPECT_EQ(p.reader().read_at_least(101).error, errc::exceeds_capacity);
  put(p.writer(), 100);
  EXPECT_FALSE(p.writer().flush());
  auto got = p.reader().read();
  advance(p.reader(), got.buffer, 0, 100);
  std::thread writer([&] {
    put(p.writer(), 10, 100);
    EXPECT_FALSE(p.writer().flush());
  });
  got = p.reader().read();  // whichever waits first
  EXPECT_EQ(got.error, errc::exceeds_capacity);
  EXPECT_EQ(got.buffer.size(), 100U);
  advance(p.reader(), got.buffer, 100, 100);
  writer.join();
  EXPECT_TRUE(holds(p.reader().read().buffer, 100));
}
TEST_F(max_size, close_without_room_would_block) {
  put(p.writer(), 100);
  EXPECT_FALSE(p.writer().commit());
  put(p.writer(), 1);
  EXPECT_EQ(p.writer().close(), errc::would_block);
  EXPECT_FALSE(p.writer().alloc().error) << "nothing has changed";
  const auto got = p.reader().read();
  EXPECT_FALSE(got.closed);
  advance(p.reader(), got.buffer, 100, 100);
  EXPECT_FALSE(p.writer().close());
}
TEST_F(max_size, close_with_an_error_needs_no_room) {
  put(p.writer(), 100);
  EXPECT_FALSE(p.writer().commit());
  put(p.writer(), 1);
  EXPECT_FALSE(p.writer().close(some_error));
}
TEST_F(max_size, bounds_appended_memory) {
  const auto bytes = pattern_bytes(0, 101);
  release_count released;
  EXPECT_EQ(p.writer().append(released.of(bytes)), errc::exceeds_capacity);
  EXPECT_EQ(released.calls, 0);
}

}  // namespace annulus::pipelines::testing
