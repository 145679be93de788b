// The ends of a stream, in either direction.
#include <thread>

#include "support.hpp"

namespace annulus::pipelines::testing {

TEST(completion, of_the_writer_commits_pending_bytes) {
  pipe p(small_options());
  put(p.writer(), 20);
  EXPECT_FALSE(p.writer().complete());
  const auto got = p.reader().read();
  EXPECT_TRUE(got.completed);
  EXPECT_EQ(got.buffer.size(), 20U);
  EXPECT_TRUE(holds(got.buffer));
  advance(p.reader(), got.buffer, 20, 20);
  const auto end = p.reader().read();
  EXPECT_TRUE(end.completed);
  EXPECT_TRUE(end.buffer.empty());
}
TEST(completion, of_the_writer_with_an_error_makes_every_read_fail_and_buffered_data_unreadable) {
  pipe p(small_options());
  put(p.writer(), 20);
  EXPECT_FALSE(p.writer().flush().error);
  EXPECT_FALSE(p.writer().complete(some_error));
  for (int i = 0; i < 2; ++i) {
    const auto got = p.reader().read();
    EXPECT_EQ(got.error, some_error);
    EXPECT_TRUE(got.buffer.empty());
    EXPECT_EQ(p.reader().try_read().error, some_error);
    EXPECT_EQ(p.reader().read_at_least(5).error, some_error);
  }
}
TEST(completion, the_first_of_the_writer_wins) {
  pipe p(small_options());
  EXPECT_FALSE(p.writer().complete(some_error));
  EXPECT_EQ(p.writer().complete(other_error), errc::completed);
  EXPECT_EQ(p.writer().complete(), errc::completed);
  EXPECT_EQ(p.reader().read().error, some_error);
}
TEST(completion, the_first_of_the_reader_wins) {
  pipe p(small_options());
  EXPECT_FALSE(p.reader().complete(some_error));
  EXPECT_EQ(p.reader().complete(other_error), errc::completed);
  const auto got = p.writer().flush();
  EXPECT_TRUE(got.completed);
  EXPECT_EQ(got.error, some_error);
}
TEST(completion, of_the_writer_wakes_a_read) {
  pipe p(small_options());
  std::thread reader([&] {
    const auto got = p.reader().read();
    EXPECT_TRUE(got.completed);
    EXPECT_TRUE(got.buffer.empty());
  });
  while (p.stats().reader.parks == 0) std::this_thread::yield();
  EXPECT_FALSE(p.writer().complete());
  reader.join();
}
TEST(completion, of_the_reader_releases_a_paused_writer) {
  pipe p(small_options());
  put(p.writer(), 64);
  std::thread writer([&] {
    const auto got = p.writer().flush();
    EXPECT_TRUE(got.completed);
    EXPECT_FALSE(got.error);
  });
  while (p.stats().writer.parks == 0) std::this_thread::yield();
  EXPECT_FALSE(p.reader().complete());
  writer.join();
  EXPECT_FALSE(paused(p.writer()));
}
TEST(completion, of_the_reader_ends_an_open_read) {
  pipe p(small_options());
  put(p.writer(), 5);
  EXPECT_FALSE(p.writer().flush().error);
  const auto got = p.reader().read();
  EXPECT_FALSE(p.reader().complete());
  EXPECT_EQ(p.reader().advance(got.buffer.finish()), errc::completed);
}
TEST(completion, alloc_and_flush_with_a_completed_reader_loop_without_renting) {
  const auto pool = std::make_shared<memory_pool>();
  auto options = small_options();
  options.pool = pool;
  pipe p(options);
  put(p.writer(), 5);
  EXPECT_FALSE(p.writer().flush().error);
  EXPECT_FALSE(p.reader().complete());
  std::uint64_t before = 0;
  for (int i = 0; i < 1000; ++i) {
    put(p.writer(), 40);
    EXPECT_TRUE(p.writer().flush().completed);
    if (i == 0) before = p.stats().leases;
  }
  EXPECT_EQ(p.stats().leases, before);
  EXPECT_EQ(p.stats().buffered, 5U);
}
TEST(completion, memory_goes_back_when_both_ends_are_complete) {
  const auto pool = std::make_shared<memory_pool>();
  auto options = small_options();
  options.pool = pool;
  for (const bool writer_first : {true, false}) {
    pipe p(options);
    put(p.writer(), 50);
    EXPECT_FALSE(p.writer().flush().error);
    put(p.writer(), 30);
    EXPECT_GT(pool->stats().leased, 0U);
    if (writer_first) {
      EXPECT_FALSE(p.writer().complete());
    } else {
      EXPECT_FALSE(p.reader().complete());
    }
    EXPECT_GT(pool->stats().leased, 0U);
    if (writer_first) {
      EXPECT_FALSE(p.reader().complete());
    } else {
      EXPECT_FALSE(p.writer().complete());
    }
    EXPECT_EQ(pool->stats().leased, 0U);
    EXPECT_EQ(p.stats().segments, 0U);
  }
}
TEST(completion, reset_makes_the_pipe_new) {
  pipe p(small_options());
  for (int i = 0; i < 3; ++i) {
    put(p.writer(), 50);
    EXPECT_FALSE(p.writer().flush().error);
    auto got = p.reader().read();
    EXPECT_EQ(got.buffer.size(), 50U);
    EXPECT_TRUE(holds(got.buffer));
    advance(p.reader(), got.buffer, 20, 50);
    p.reader().cancel_pending_read();
    p.writer().cancel_pending_flush();
    EXPECT_FALSE(p.writer().complete(i == 1 ? some_error : std::error_code{}));
    EXPECT_FALSE(p.reader().complete());
    EXPECT_FALSE(p.reset());
    EXPECT_EQ(p.reader().try_read().error, annulus::errc::would_block);
    EXPECT_FALSE(p.writer().flush().cancelled);
    EXPECT_EQ(p.stats().buffered, 0U);
  }
}
TEST(completion, writing_waits_for_the_reader_to_complete) {
  pipe p(small_options());
  EXPECT_EQ(p.writer().writing(until::clock::now()), annulus::errc::timed_out);
  std::thread reader([&] {
    while (p.stats().writer.parks == 0) std::this_thread::yield();
    EXPECT_FALSE(p.reader().complete(some_error));
  });
  EXPECT_EQ(p.writer().writing(), some_error);
  reader.join();
}
TEST(completion, writing_waits_for_all_to_be_consumed) {
  pipe p(small_options());
  put(p.writer(), 20);
  EXPECT_FALSE(p.writer().complete());
  EXPECT_EQ(p.writer().writing(until::clock::now()), annulus::errc::timed_out);
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
TEST(completion, destruction_lets_a_blocked_end_go) {
  auto p = std::make_unique<pipe>(small_options());
  std::thread reader(
      [&, &end = p->reader()] { EXPECT_EQ(end.read().error, annulus::errc::destroyed); });
  while (p->stats().reader.parks == 0) std::this_thread::yield();
  p.reset();
  reader.join();
}

}  // namespace annulus::pipelines::testing
