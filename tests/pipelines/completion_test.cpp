// The ends of a stream, in either direction.
#include <thread>

#include "support.hpp"

namespace annulus::pipelines::testing {

TEST(closing, of_the_writer_commits_pending_bytes) {
  pipe p(small_options());
  put(p.writer(), 20);
  EXPECT_FALSE(p.writer().close());
  const auto got = p.reader().read();
  EXPECT_TRUE(got.closed);
  EXPECT_EQ(got.buffer.size(), 20U);
  EXPECT_TRUE(holds(got.buffer));
  advance(p.reader(), got.buffer, 20, 20);
  const auto end = p.reader().read();
  EXPECT_TRUE(end.closed);
  EXPECT_TRUE(end.buffer.empty());
}
TEST(closing, of_the_writer_with_an_error_makes_every_read_fail_and_buffered_data_unreadable) {
  pipe p(small_options());
  put(p.writer(), 20);
  EXPECT_FALSE(p.writer().flush());
  EXPECT_FALSE(p.writer().close(some_error));
  for (int i = 0; i < 2; ++i) {
    const auto got = p.reader().read();
    EXPECT_EQ(got.error, some_error);
    EXPECT_TRUE(got.buffer.empty());
    EXPECT_EQ(p.reader().try_read().error, some_error);
    EXPECT_EQ(p.reader().read_at_least(5).error, some_error);
  }
}
TEST(closing, the_first_of_the_writer_wins) {
  pipe p(small_options());
  EXPECT_FALSE(p.writer().close(some_error));
  EXPECT_EQ(p.writer().close(other_error), errc::closed);
  EXPECT_EQ(p.writer().close(), errc::closed);
  EXPECT_EQ(p.reader().read().error, some_error);
}
TEST(closing, the_first_of_the_reader_wins) {
  pipe p(small_options());
  EXPECT_FALSE(p.reader().close(some_error));
  EXPECT_EQ(p.reader().close(other_error), errc::closed);
  put(p.writer(), 5);
  EXPECT_EQ(p.writer().commit(), some_error);
  EXPECT_EQ(p.writer().flush(), some_error);
  EXPECT_EQ(p.writer().unflushed_bytes(), 0U) << "dropped";
}
TEST(closing, of_the_writer_wakes_a_read) {
  pipe p(small_options());
  std::thread reader([&] {
    const auto got = p.reader().read();
    EXPECT_TRUE(got.closed);
    EXPECT_TRUE(got.buffer.empty());
  });
  while (p.stats().reader.parks == 0) std::this_thread::yield();
  EXPECT_FALSE(p.writer().close());
  reader.join();
}
TEST(closing, of_the_reader_releases_a_paused_writer) {
  pipe p(small_options());
  put(p.writer(), 64);
  std::thread writer([&] { EXPECT_EQ(p.writer().flush(), errc::closed); });
  while (p.stats().writer.parks == 0) std::this_thread::yield();
  EXPECT_FALSE(p.reader().close());
  writer.join();
  EXPECT_FALSE(paused(p.writer()));
}
TEST(closing, of_the_reader_ends_an_open_read) {
  pipe p(small_options());
  put(p.writer(), 5);
  EXPECT_FALSE(p.writer().flush());
  const auto got = p.reader().read();
  EXPECT_FALSE(p.reader().close());
  EXPECT_EQ(p.reader().advance(got.buffer.finish()), errc::closed);
}
TEST(closing, alloc_and_flush_with_a_closed_reader_loop_without_renting) {
  const auto pool = std::make_shared<memory_pool>();
  auto options = small_options();
  options.pool = pool;
  pipe p(options);
  put(p.writer(), 5);
  EXPECT_FALSE(p.writer().flush());
  EXPECT_FALSE(p.reader().close());
  std::uint64_t before = 0;
  for (int i = 0; i < 1000; ++i) {
    put(p.writer(), 40);
    EXPECT_EQ(p.writer().flush(), errc::closed);
    if (i == 0) before = p.stats().leases;
  }
  EXPECT_EQ(p.stats().leases, before);
  EXPECT_EQ(p.stats().buffered, 5U);
}
TEST(closing, memory_goes_back_when_both_ends_are_closed) {
  const auto pool = std::make_shared<memory_pool>();
  auto options = small_options();
  options.pool = pool;
  for (const bool writer_first : {true, false}) {
    pipe p(options);
    put(p.writer(), 50);
    EXPECT_FALSE(p.writer().flush());
    put(p.writer(), 30);
    EXPECT_GT(pool->stats().leased, 0U);
    if (writer_first) {
      EXPECT_FALSE(p.writer().close());
    } else {
      EXPECT_FALSE(p.reader().close());
    }
    EXPECT_GT(pool->stats().leased, 0U);
    if (writer_first) {
      EXPECT_FALSE(p.reader().close());
    } else {
      EXPECT_FALSE(p.writer().close());
    }
    EXPECT_EQ(pool->stats().leased, 0U);
    EXPECT_EQ(p.stats().segments, 0U);
  }
}
TEST(closing, reset_makes_the_pipe_new) {
  pipe p(small_options());
  for (int i = 0; i < 3; ++i) {
    put(p.writer(), 50);
    EXPECT_FALSE(p.writer().flush());
    auto got = p.reader().read();
    EXPECT_EQ(got.buffer.size(), 50U);
    EXPECT_TRUE(holds(got.buffer));
    advance(p.reader(), got.buffer, 20, 50);
    p.reader().cancel_pending_read();
    p.writer().cancel_pending_flush();
    EXPECT_FALSE(p.writer().close(i == 1 ? some_error : std::error_code{}));
    EXPECT_FALSE(p.reader().close());
    EXPECT_FALSE(p.reset());
    EXPECT_EQ(p.reader().try_read().error, errc::would_block);
    EXPECT_FALSE(p.writer().flush());
    EXPECT_EQ(p.stats().buffered, 0U);
  }
}
TEST(closing, writing_waits_for_the_reader_to_close) {
  pipe p(small_options());
  EXPECT_EQ(ended_when_it_waits(p, [&](until limit) { return p.writer().writing(limit); }),
            errc::cancelled);
  std::thread reader([&] {
    while (p.stats().writer.parks < 2) std::this_thread::yield();
    EXPECT_FALSE(p.reader().close(some_error));
  });
  EXPECT_EQ(p.writer().writing(), some_error);
  reader.join();
}
TEST(closing, writing_waits_for_all_to_be_consumed) {
  pipe p(small_options());
  put(p.writer(), 20);
  EXPECT_FALSE(p.writer().close());
  EXPECT_EQ(ended_when_it_waits(p, [&](until limit) { return p.writer().writing(limit); }),
            errc::cancelled);
  std::thread reader([&] {
    auto got = p.reader().read();
    advance(p.reader(), got.buffer, 10, 20);
    got = p.reader().read();
    EXPECT_FALSE(p.reader().advance(got.buffer.finish()));
  });
  EXPECT_FALSE(p.writer().writing());
  EXPECT_EQ(p.stats().buffered, 0U);
  reader.join();
}
// Both ends wait: the reader for more than there is, the writer below its threshold.
TEST(closing, by_a_third_thread_ends_both_waits) {
  pipe p(small_options());
  std::thread reader([&] {
    EXPECT_EQ(p.reader().read().error, some_error);
    EXPECT_FALSE(p.reader().close());
  });
  std::thread writer([&] {
    EXPECT_EQ(p.writer().writing(), some_error);
    EXPECT_FALSE(p.writer().close());
  });
  while (p.stats().reader.parks == 0 || p.stats().writer.parks == 0) std::this_thread::yield();
  p.fail(some_error);
  p.fail(other_error);
  reader.join();
  writer.join();
  EXPECT_EQ(p.stats().segments, 0U);
  EXPECT_FALSE(p.reset());
  EXPECT_FALSE(p.writer().flush());
}
TEST(closing, of_the_pipe_ends_a_paused_flush_and_loses_what_is_buffered) {
  pipe p(small_options());
  put(p.writer(), 64);
  std::thread writer([&] { EXPECT_EQ(p.writer().flush(), some_error); });
  while (p.stats().writer.parks == 0) std::this_thread::yield();
  p.fail(some_error);
  writer.join();
  EXPECT_EQ(p.reader().try_read().error, some_error);
  put(p.writer(), 5);
  EXPECT_EQ(p.writer().write(pattern_bytes(5, 5)).error, some_error);
  EXPECT_EQ(p.writer().unflushed_bytes(), 0U);
}
TEST(closing, of_the_pipe_leaves_an_open_read_good) {
  pipe p(small_options());
  put(p.writer(), 20);
  EXPECT_FALSE(p.writer().flush());
  const auto got = p.reader().read();
  p.fail(some_error);
  EXPECT_TRUE(holds(got.buffer));
  EXPECT_FALSE(p.reader().advance(got.buffer.finish()));
  EXPECT_EQ(p.reader().read().error, some_error);
}
TEST(closing, the_first_error_of_all_stays) {
  for (const bool pipe_first : {true, false}) {
    pipe p(small_options());
    if (pipe_first) p.fail(some_error);
    EXPECT_FALSE(p.writer().close(pipe_first ? other_error : some_error));
    if (!pipe_first) p.fail(other_error);
    EXPECT_EQ(p.reader().read().error, some_error);
    pipe other(small_options());
    if (pipe_first) other.fail(some_error);
    EXPECT_FALSE(other.reader().close(pipe_first ? other_error : some_error));
    if (!pipe_first) other.fail(other_error);
    EXPECT_EQ(other.writer().flush(), some_error);
    EXPECT_EQ(other.writer().writing(), some_error);
  }
}
TEST(closing, with_the_end_of_the_stream_is_closing_without_an_error) {
  pipe p(small_options());
  put(p.writer(), 20);
  EXPECT_FALSE(p.writer().close(errc::end_of_stream));
  const auto got = p.reader().read();
  EXPECT_TRUE(got.closed);
  EXPECT_EQ(got.buffer.size(), 20U);
}
TEST(closing, with_what_means_to_try_again_is_a_failure_that_lasts) {
  pipe p(small_options());
  EXPECT_FALSE(p.writer().close(errc::would_block));
  EXPECT_EQ(p.reader().read().error, errc::failed);
  pipe other(small_options());
  other.fail(std::make_error_code(std::errc::resource_unavailable_try_again));
  EXPECT_EQ(other.reader().read().error, errc::failed);
  EXPECT_EQ(other.writer().flush(), errc::failed);
}
TEST(closing, destruction_lets_a_blocked_end_go) {
  auto p = std::make_unique<pipe>(small_options());
  std::thread reader([&, &end = p->reader()] { EXPECT_EQ(end.read().error, errc::destroyed); });
  while (p->stats().reader.parks == 0) std::this_thread::yield();
  p.reset();
  reader.join();
}

}  // namespace annulus::pipelines::testing
