// The awaited calls do what the blocking ones do, without a thread that waits.
#include <annulus/core/detached_task.hpp>
#include <annulus/pipelines/pipe_async.hpp>
#include <deque>
#include <latch>
#include <optional>
#include <thread>

#include "support.hpp"
#include "support/event_loop.hpp"

namespace annulus::pipelines::testing {

using annulus::testing::event_loop;

detached_task read(pipe_reader& reader, std::size_t min, std::stop_token token,
                   std::optional<read_result>& result) {
  result = co_await async_read_at_least(reader, min, std::move(token));
}
detached_task flush(pipe_writer& writer, std::stop_token token, std::optional<outcome>& result) {
  result = co_await async_flush(writer, std::move(token));
}
detached_task write(pipe_writer& writer, bytes_view from, std::optional<transfer>& result) {
  result = co_await async_write(writer, from);
}

detached_task await_end(pipe_writer& writer, std::stop_token token,
                        std::optional<outcome>& result) {
  result = co_await async_writing(writer, std::move(token));
}

class async : public ::testing::Test {
 protected:
  pipe p{small_options()};
  std::optional<outcome> over;
  std::optional<read_result> got;
  std::optional<outcome> flushed;
  std::optional<transfer> written;
};

TEST_F(async, a_read_that_can_be_done_does_not_suspend) {
  put(p.writer(), 5);
  EXPECT_FALSE(p.writer().flush());
  read(p.reader(), 1, {}, got);
  ASSERT_TRUE(got);
  EXPECT_EQ(got->buffer.size(), 5U);
}
TEST_F(async, a_flush_runs_the_consumer_on_the_producers_thread) {
  std::optional<std::thread::id> ran;
  [](pipe& of, std::optional<std::thread::id>& where) -> detached_task {
    const auto seen = co_await async_read(of.reader());
    where = std::this_thread::get_id();
    EXPECT_EQ(seen.buffer.size(), 5U);
    EXPECT_EQ(of.writer().alloc().error, errc::overlapping) << "re-entrant: the flush still runs";
    EXPECT_FALSE(of.reader().advance(seen.buffer.finish()));
  }(p, ran);
  EXPECT_FALSE(ran);
  std::thread producer([&] {
    put(p.writer(), 5);
    EXPECT_FALSE(p.writer().flush());
    EXPECT_EQ(ran, std::this_thread::get_id());
  });
  producer.join();
  EXPECT_EQ(p.stats().buffered, 0U);
}
TEST_F(async, a_read_is_not_resumed_by_less_than_its_minimum) {
  read(p.reader(), 40, {}, got);
  put(p.writer(), 39);
  EXPECT_FALSE(p.writer().flush());
  EXPECT_FALSE(got);
  put(p.writer(), 1, 39);
  EXPECT_FALSE(p.writer().flush());
  ASSERT_TRUE(got);
  EXPECT_EQ(got->buffer.size(), 40U);
}
TEST_F(async, a_read_at_least_releases_a_flush_that_waits) {
  put(p.writer(), 64);
  flush(p.writer(), {}, flushed);
  EXPECT_FALSE(flushed);
  read(p.reader(), 100, {}, got);
  EXPECT_TRUE(flushed);
  put(p.writer(), 36, 64);
  flushed.reset();
  flush(p.writer(), {}, flushed);
  ASSERT_TRUE(got);
  EXPECT_EQ(got->buffer.size(), 100U);
  EXPECT_FALSE(flushed) << "satisfied: the threshold counts again";
  advance(p.reader(), got->buffer, 100, 100);
  EXPECT_TRUE(flushed);
}
TEST_F(async, a_flush_is_resumed_below_the_resume_threshold) {
  put(p.writer(), 64);
  flush(p.writer(), {}, flushed);
  auto seen = p.reader().read();
  advance(p.reader(), seen.buffer, 32, 32);
  EXPECT_FALSE(flushed);
  seen = p.reader().read();
  advance(p.reader(), seen.buffer, 0, 1);
  ASSERT_TRUE(flushed);
  EXPECT_FALSE(flushed->error);
}
TEST_F(async, a_write_goes_through_a_cap_smaller_than_it) {
  pipe capped({.minimum_segment = 16, .pause_threshold = 0, .resume_threshold = 0, .max_size = 50});
  const auto bytes = pattern_bytes(0, 500);
  write(capped.writer(), bytes, written);
  std::uint64_t received = 0;
  while (received < 500) {
    const auto seen = capped.reader().try_read();
    ASSERT_FALSE(seen.error);
    ASSERT_TRUE(holds(seen.buffer, received));
    received += seen.buffer.size();
    ASSERT_FALSE(capped.reader().advance(seen.buffer.finish()));
  }
  ASSERT_TRUE(written);
  EXPECT_EQ(written->bytes, 500U);
  EXPECT_FALSE(written->error);
}
TEST_F(async, a_read_that_no_flush_can_satisfy_is_told) {
  pipe capped({.minimum_segment = 16, .pause_threshold = 0, .resume_threshold = 0, .max_size = 50});
  put(capped.writer(), 50);
  EXPECT_FALSE(capped.writer().flush());
  read(capped.reader(), 1, {}, got);
  advance(capped.reader(), got->buffer, 0, 50);
  got.reset();
  read(capped.reader(), 1, {}, got);
  EXPECT_FALSE(got);
  put(capped.writer(), 10, 50);
  flush(capped.writer(), {}, flushed);
  EXPECT_FALSE(flushed);
  ASSERT_TRUE(got);
  EXPECT_EQ(got->error, errc::exceeds_capacity);
  EXPECT_EQ(got->buffer.size(), 50U);
  advance(capped.reader(), got->buffer, 10, 10);
  EXPECT_TRUE(flushed);
}
TEST_F(async, cancels_resume_and_latch) {
  read(p.reader(), 1, {}, got);
  p.reader().cancel_pending_read();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->error, errc::cancelled);
  put(p.writer(), 64);
  flush(p.writer(), {}, flushed);
  p.writer().cancel_pending_flush();
  ASSERT_TRUE(flushed);
  EXPECT_EQ(flushed->error, errc::cancelled);
}
TEST_F(async, stop_tokens_end_a_read_and_a_flush) {
  std::stop_source stop;
  read(p.reader(), 100, stop.get_token(), got);
  put(p.writer(), 64);
  EXPECT_FALSE(p.writer().flush());
  EXPECT_FALSE(got);
  stop.request_stop();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->error, errc::cancelled);
  put(p.writer(), 1);
  std::stop_source other;
  flush(p.writer(), other.get_token(), flushed);
  EXPECT_FALSE(flushed) << "a read that has ended releases nobody";
  other.request_stop();
  ASSERT_TRUE(flushed);
  EXPECT_EQ(flushed->error, errc::cancelled);
  EXPECT_FALSE(p.writer().alloc().error) << "the flush is over";
  EXPECT_EQ(p.reader().try_read().buffer.size(), 65U);
}
TEST_F(async, a_stopped_token_ends_a_call_that_need_not_wait) {
  put(p.writer(), 5);
  EXPECT_FALSE(p.writer().flush());
  put(p.writer(), 3);
  std::stop_source stop;
  stop.request_stop();
  read(p.reader(), 1, stop.get_token(), got);
  ASSERT_TRUE(got);
  EXPECT_EQ(got->error, errc::cancelled);
  flush(p.writer(), stop.get_token(), flushed);
  ASSERT_TRUE(flushed);
  EXPECT_EQ(flushed->error, errc::cancelled);
  EXPECT_EQ(p.writer().unflushed_bytes(), 3U);
  EXPECT_EQ(p.reader().read().buffer.size(), 5U) << "the end is in no call";
  await_end(p.writer(), stop.get_token(), over);
  ASSERT_TRUE(over);
  EXPECT_EQ(over->error, errc::cancelled);
  p.fail(some_error);
  over.reset();
  await_end(p.writer(), stop.get_token(), over);
  ASSERT_TRUE(over);
  EXPECT_EQ(over->error, some_error) << "comes first";
}
TEST_F(async, closing_resumes_the_other_end) {
  read(p.reader(), 1, {}, got);
  EXPECT_FALSE(p.writer().close(some_error));
  ASSERT_TRUE(got);
  EXPECT_EQ(got->error, some_error);
  pipe other(small_options());
  put(other.writer(), 64);
  flush(other.writer(), {}, flushed);
  EXPECT_FALSE(other.reader().close());
  ASSERT_TRUE(flushed);
  EXPECT_EQ(flushed->error, errc::closed);
}
TEST_F(async, writing_is_resumed_by_the_readers_close) {
  await_end(p.writer(), {}, over);
  EXPECT_FALSE(over);
  EXPECT_FALSE(p.reader().close(some_error));
  ASSERT_TRUE(over);
  EXPECT_EQ(over->error, some_error);
  over.reset();
  await_end(p.writer(), {}, over);
  ASSERT_TRUE(over) << "it is so already";
  EXPECT_EQ(over->error, some_error);
}
TEST_F(async, writing_of_a_closed_writer_is_resumed_when_all_is_consumed) {
  put(p.writer(), 20);
  EXPECT_FALSE(p.writer().close());
  await_end(p.writer(), {}, over);
  const auto seen = p.reader().read();
  advance(p.reader(), seen.buffer, 10, 20);
  EXPECT_FALSE(over) << "examining is not enough";
  EXPECT_FALSE(p.reader().advance(p.reader().read().buffer.finish()));
  ASSERT_TRUE(over);
  EXPECT_FALSE(over->error);
}
TEST_F(async, writing_waits_on_while_the_writer_has_not_closed) {
  put(p.writer(), 20);
  EXPECT_FALSE(p.writer().flush());
  await_end(p.writer(), {}, over);
  EXPECT_FALSE(p.reader().advance(p.reader().read().buffer.finish()));
  EXPECT_FALSE(over);
  EXPECT_EQ(p.writer().alloc().error, errc::overlapping);
  EXPECT_FALSE(p.reader().close());
  EXPECT_TRUE(over);
  EXPECT_FALSE(p.writer().alloc().error);
}
TEST_F(async, a_stop_token_ends_writing) {
  std::stop_source stop;
  await_end(p.writer(), stop.get_token(), over);
  EXPECT_FALSE(over);
  stop.request_stop();
  ASSERT_TRUE(over);
  EXPECT_EQ(over->error, errc::cancelled);
  EXPECT_FALSE(p.writer().alloc().error) << "the call is over";
}
TEST_F(async, destruction_resumes_with_an_error) {
  auto short_lived = std::make_unique<pipe>(small_options());
  read(short_lived->reader(), 1, {}, got);
  short_lived.reset();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->error, errc::destroyed);
  short_lived = std::make_unique<pipe>(small_options());
  await_end(short_lived->writer(), {}, over);
  short_lived.reset();
  ASSERT_TRUE(over);
  EXPECT_EQ(over->error, errc::destroyed);
}
TEST_F(async, an_end_that_waits_takes_no_other_call) {
  read(p.reader(), 1, {}, got);
  EXPECT_EQ(p.reader().read().error, errc::overlapping);
  std::optional<read_result> second;
  read(p.reader(), 1, {}, second);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->error, errc::overlapping);
  put(p.writer(), 64);
  flush(p.writer(), {}, flushed);
  ASSERT_TRUE(got);
  EXPECT_FALSE(flushed);
  EXPECT_EQ(p.writer().alloc().error, errc::overlapping);
  EXPECT_EQ(p.writer().close(), errc::overlapping);
  EXPECT_FALSE(p.reader().advance(got->buffer.finish()));
  ASSERT_TRUE(flushed);
  EXPECT_FALSE(p.writer().alloc().error);
}
TEST_F(async, schedulers_say_where_each_end_goes_on) {
  std::deque<std::coroutine_handle<>> readers, writers;
  auto for_readers = [&](std::coroutine_handle<> what) { readers.push_back(what); };
  auto for_writers = [&](std::coroutine_handle<> what) { writers.push_back(what); };
  auto options = small_options();
  options.reader_scheduler = for_readers;
  options.writer_scheduler = for_writers;
  pipe scheduled(options);
  read(scheduled.reader(), 1, {}, got);
  put(scheduled.writer(), 64);
  flush(scheduled.writer(), {}, flushed);
  EXPECT_FALSE(got);
  ASSERT_EQ(readers.size(), 1U);
  readers.front().resume();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->buffer.size(), 64U);
  EXPECT_FALSE(scheduled.reader().advance(got->buffer.finish()));
  EXPECT_FALSE(flushed);
  ASSERT_EQ(writers.size(), 1U);
  writers.front().resume();
  EXPECT_TRUE(flushed);
}

detached_task produce(pipe& p, std::uint64_t total, event_loop& loop, std::latch& done) {
  co_await loop.enter();
  sizes random(1);
  for (std::uint64_t sent = 0; sent < total;) {
    const auto n = std::min<std::uint64_t>(total - sent, random.next(1, 200));
    if (random.next(0, 1) == 0) {
      const auto bytes = pattern_bytes(sent, n);
      const auto step = co_await async_write(p.writer(), bytes);
      EXPECT_EQ(step.bytes, n);
      EXPECT_FALSE(step.error);
    } else {
      put(p.writer(), n, sent);
      EXPECT_FALSE((co_await async_flush(p.writer())).error);
    }
    sent += n;
    co_await loop.enter();
  }
  EXPECT_FALSE(p.writer().close());
  done.count_down();
}
detached_task consume(pipe& p, std::uint64_t& received, event_loop& loop, std::latch& done) {
  co_await loop.enter();
  sizes random(2);
  for (;;) {
    const auto seen = co_await async_read_at_least(p.reader(), random.next(1, 300));
    EXPECT_FALSE(seen.error) << seen.error.message();
    EXPECT_TRUE(holds(seen.buffer, received));
    if (seen.buffer.empty()) break;
    const auto consumed = random.next(0, seen.buffer.size());
    received += consumed;
    advance(p.reader(), seen.buffer, consumed, random.next(consumed, seen.buffer.size()));
    co_await loop.enter();
  }
  done.count_down();
}
TEST_F(async, a_stream_between_two_event_loops) {
  constexpr std::uint64_t total = 1 << 20;
  std::uint64_t received = 0;
  std::latch done(2);
  event_loop producers, consumers;
  consume(p, received, consumers, done);
  produce(p, total, producers, done);
  done.wait();
  EXPECT_EQ(received, total);
}

// A write that was cut short goes on with the rest.
detached_task produce_on(pipe& p, std::uint64_t total, event_loop& loop, std::latch& done) {
  co_await loop.enter();
  for (std::uint64_t sent = 0; sent < total;) {
    const auto bytes = pattern_bytes(sent, std::min<std::uint64_t>(total - sent, 100));
    const auto step = co_await async_write(p.writer(), bytes);
    EXPECT_TRUE(!step.error || step.error == errc::cancelled) << step.error.message();
    sent += step.bytes;
    co_await loop.enter();
  }
  // The last write may have been cut short with bytes taken that had no room yet.
  while ((co_await async_flush(p.writer())).error == errc::cancelled) co_await loop.enter();
  EXPECT_FALSE(p.writer().close());
  done.count_down();
}
detached_task consume_on(pipe& p, std::uint64_t& received, event_loop& loop, std::latch& done) {
  co_await loop.enter();
  for (;;) {
    const auto seen = co_await async_read(p.reader());
    if (seen.error == errc::cancelled) continue;
    EXPECT_FALSE(seen.error && seen.error != errc::exceeds_capacity);
    EXPECT_TRUE(holds(seen.buffer, received));
    received += seen.buffer.size();
    EXPECT_FALSE(p.reader().advance(seen.buffer.finish()));
    if (seen.closed && seen.buffer.empty()) break;
    co_await loop.enter();
  }
  done.count_down();
}
TEST_F(async, cancels_race_with_a_stream_between_two_event_loops) {
  constexpr std::uint64_t total = 1 << 19;
  auto options = small_options();
  options.max_size = 80;
  pipe capped(options);
  std::uint64_t received = 0;
  std::latch done(2);
  event_loop producers, consumers;
  consume_on(capped, received, consumers, done);
  produce_on(capped, total, producers, done);
  while (!done.try_wait()) {
    capped.reader().cancel_pending_read();
    capped.writer().cancel_pending_flush();
  }
  EXPECT_EQ(received, total);
}

}  // namespace annulus::pipelines::testing
