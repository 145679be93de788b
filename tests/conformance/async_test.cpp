// The awaited calls do what the blocking ones do, without a thread that waits.
#include <annulus/async.hpp>
#include <annulus/core/detached_task.hpp>
#include <latch>
#include <optional>
#include <stop_token>

#include "suite.hpp"
#include "support/event_loop.hpp"

namespace annulus::testing {

// The four calls, awaited; the result is there once the call is done.
template <class Ring>
detached_task read(Ring& ring, bytes_span to, std::size_t min, std::stop_token token,
                   std::optional<transfer>& result) {
  result = co_await async_read(ring.reader(), to, min, std::move(token));
}
template <class Ring>
detached_task write(Ring& ring, bytes_view from, std::stop_token token,
                    std::optional<transfer>& result) {
  result = co_await async_write(ring.writer(), from, std::move(token));
}
template <class Ring>
detached_task peek(Ring& ring, std::size_t min, std::stop_token token,
                   std::optional<peeked>& result) {
  result = co_await async_peek(ring.reader(), min, std::move(token));
}
template <class Ring>
detached_task reserve(Ring& ring, std::size_t min, std::stop_token token,
                      std::optional<reservation>& result) {
  result = co_await async_reserve(ring.writer(), min, std::move(token));
}

// A whole stream of random sizes in either direction. Each step comes back to the loop of its own
// end, so that both ends really run at once; without a loop it goes on wherever it was resumed.
template <class Ring>
detached_task produce(Ring& ring, std::uint64_t total, event_loop* loop, std::latch& done) {
  if (loop != nullptr) co_await loop->enter();
  sizes random(1);
  for (std::uint64_t sent = 0; sent < total;) {
    const auto n = std::min<std::uint64_t>(total - sent, random.next(1, 3 * ring.limit()));
    const auto bytes = pattern_bytes(sent, n);
    const auto step = co_await async_write(ring.writer(), bytes);
    EXPECT_EQ(step.bytes, n);
    EXPECT_FALSE(step.error) << step.error.message();
    if (step.error) break;
    sent += n;
    if (loop != nullptr) co_await loop->enter();
  }
  ring.writer().close();
  done.count_down();
}
template <class Ring>
detached_task collect(Ring& ring, std::uint64_t& received, event_loop* loop, std::latch& done) {
  if (loop != nullptr) co_await loop->enter();
  sizes random(2);
  std::vector<std::byte> got(3 * ring.limit());
  for (;;) {
    const auto want = random.next(1, got.size());
    const auto min = random.next(1, want);
    const auto step = co_await async_read(ring.reader(), bytes_span(got).first(want), min);
    EXPECT_TRUE(matches(bytes_view(got).first(step.bytes), received));
    received += step.bytes;
    if (step.error) {
      EXPECT_EQ(step.error, errc::end_of_stream) << step.error.message();
      break;
    }
    EXPECT_GE(step.bytes, min);
    if (loop != nullptr) co_await loop->enter();
  }
  done.count_down();
}

template <class Ring>
class async : public suite<Ring> {};
TYPED_TEST_SUITE(async, ring_types, ring_names);

TYPED_TEST(async, a_read_that_can_be_done_does_not_suspend) {
  TypeParam ring(64);
  this->put(ring, 10);
  std::vector<std::byte> got(10);
  std::optional<transfer> result;
  read(ring, got, 10, {}, result);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->bytes, 10U);
  EXPECT_TRUE(matches(got, 0));
}

TYPED_TEST(async, a_stopped_token_ends_a_call_that_need_not_wait_but_no_error) {
  std::stop_source stop;
  stop.request_stop();
  const auto token = stop.get_token();
  TypeParam ring(64);
  std::vector<std::byte> got(10);
  std::optional<transfer> moved;
  std::optional<peeked> seen;
  std::optional<reservation> space;
  const auto expect = [&](const std::error_code& of_writer, const std::error_code& of_reader) {
    write(ring, got, token, moved);
    EXPECT_EQ(moved.value().error, of_writer);
    EXPECT_EQ(moved->bytes, 0U);
    reserve(ring, 10, token, space);
    EXPECT_EQ(space.value().error, of_writer);
    read(ring, got, 10, token, moved);
    EXPECT_EQ(moved.value().error, of_reader);
    EXPECT_EQ(moved->bytes, 0U);
    peek(ring, 10, token, seen);
    EXPECT_EQ(seen.value().error, of_reader);
  };
  expect(errc::cancelled, errc::cancelled);
  EXPECT_TRUE(ring.empty());
  this->put(ring, 10);
  expect(errc::cancelled, errc::cancelled);
  EXPECT_EQ(ring.size(), 10U);
  read(ring, got, 11, token, moved);
  EXPECT_EQ(moved->error, errc::minimum_exceeds_span);
  ring.writer().close();
  expect(errc::closed, errc::cancelled);
  ring.fail(some_error);
  expect(some_error, some_error);
}

TYPED_TEST(async, a_read_resumes_when_its_minimum_is_there) {
  TypeParam ring(64);
  std::vector<std::byte> got(20);
  std::optional<transfer> result;
  read(ring, got, 20, {}, result);
  EXPECT_FALSE(result);
  this->put(ring, 10);
  EXPECT_FALSE(result);
  this->put(ring, 10, 10);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->bytes, 20U);
  EXPECT_FALSE(result->error);
  EXPECT_TRUE(matches(got, 0));
}

TYPED_TEST(async, a_peek_resumes_when_its_minimum_is_there) {
  TypeParam ring(64);
  std::optional<peeked> result;
  peek(ring, 20, {}, result);
  this->put(ring, 10);
  EXPECT_FALSE(result);
  this->put(ring, 10, 10);
  ASSERT_TRUE(result);
  EXPECT_FALSE(result->error);
  EXPECT_GE(result->data.size(), 20U);
  EXPECT_TRUE(matches(result->data, 0));
  EXPECT_FALSE(ring.reader().consume(20));
}

TYPED_TEST(async, a_write_resumes_once_all_is_accepted) {
  TypeParam ring(64);
  const auto n = 2 * ring.limit() + 3;
  const auto bytes = pattern_bytes(0, n);
  std::optional<transfer> result;
  write(ring, bytes, {}, result);
  EXPECT_FALSE(result);
  std::vector<std::byte> got(n);
  EXPECT_EQ(ring.reader().read(got, n).bytes, n);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->bytes, n);
  EXPECT_FALSE(result->error);
  EXPECT_TRUE(matches(got, 0));
}

TYPED_TEST(async, a_reservation_resumes_when_its_minimum_is_free) {
  TypeParam ring(64);
  const auto n = ring.limit();
  this->put(ring, n);
  std::optional<reservation> result;
  reserve(ring, n, {}, result);
  EXPECT_FALSE(result);
  std::vector<std::byte> got(n);
  EXPECT_EQ(ring.reader().read(got, n).bytes, n);
  ASSERT_TRUE(result);
  EXPECT_FALSE(result->error);
  EXPECT_GE(result->memory.size(), n);
  EXPECT_FALSE(ring.writer().commit(n));
}

TYPED_TEST(async, a_forced_fill_may_be_larger_than_the_ring) {
  TypeParam ring(64);
  const auto n = 10 * ring.limit() + 7;
  std::vector<std::byte> got(n);
  std::optional<transfer> result;
  read(ring, got, n, {}, result);
  for (std::uint64_t at = 0; at < n; ++at) {
    EXPECT_FALSE(result);
    EXPECT_FALSE(ring.writer().write(pattern_bytes(at, 1)).error);
  }
  ASSERT_TRUE(result);
  EXPECT_EQ(result->bytes, n);
  EXPECT_TRUE(matches(got, 0));
}

TYPED_TEST(async, bad_input_resumes_at_once) {
  TypeParam ring(64);
  std::byte byte{};
  std::optional<transfer> step;
  read(ring, {&byte, 1}, 2, {}, step);
  ASSERT_TRUE(step);
  EXPECT_EQ(step->error, errc::minimum_exceeds_span);
  std::optional<peeked> seen;
  peek(ring, ring.limit() + 1, {}, seen);
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->error, errc::exceeds_capacity);
  std::optional<reservation> space;
  reserve(ring, ring.limit() + 1, {}, space);
  ASSERT_TRUE(space);
  EXPECT_EQ(space->error, errc::exceeds_capacity);
}

TYPED_TEST(async, the_writers_close_resumes_a_read_with_what_there_was) {
  TypeParam ring(64);
  this->put(ring, 5);
  std::vector<std::byte> got(10);
  std::optional<transfer> result;
  read(ring, got, 10, {}, result);
  EXPECT_FALSE(result);
  ring.writer().close();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->bytes, 5U);
  EXPECT_EQ(result->error, errc::end_of_stream);
}

TYPED_TEST(async, the_writers_error_resumes_a_peek) {
  TypeParam ring(64);
  std::optional<peeked> result;
  peek(ring, 1, {}, result);
  EXPECT_FALSE(result);
  ring.writer().close(some_error);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->error, some_error);
}

TYPED_TEST(async, the_readers_close_resumes_a_reservation) {
  TypeParam ring(64);
  this->put(ring, ring.limit());
  std::optional<reservation> result;
  reserve(ring, 1, {}, result);
  EXPECT_FALSE(result);
  ring.reader().close();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->error, errc::closed);
}

TYPED_TEST(async, the_readers_error_resumes_a_write) {
  TypeParam ring(64);
  this->put(ring, ring.limit());
  const auto bytes = pattern_bytes(0, 1);
  std::optional<transfer> result;
  write(ring, bytes, {}, result);
  EXPECT_FALSE(result);
  ring.reader().close(some_error);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->error, some_error);
  EXPECT_EQ(result->bytes, 0U);
}

TYPED_TEST(async, destroying_the_ring_resumes_both_ends) {
  std::optional<TypeParam> empty(std::in_place, 64U);
  std::optional<TypeParam> full(std::in_place, 64U);
  this->put(*full, full->limit());
  std::byte byte{};
  std::optional<transfer> got;
  read(*empty, {&byte, 1}, 1, {}, got);
  const auto bytes = pattern_bytes(0, 1);
  std::optional<transfer> put;
  write(*full, bytes, {}, put);
  empty.reset();
  full.reset();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->error, errc::destroyed);
  ASSERT_TRUE(put);
  EXPECT_EQ(put->error, errc::destroyed);
}

TYPED_TEST(async, a_stop_before_the_start_cancels) {
  TypeParam empty(64);
  TypeParam full(64);
  this->put(full, full.limit());
  std::stop_source source;
  source.request_stop();
  std::byte byte{};
  std::optional<transfer> got;
  read(empty, {&byte, 1}, 1, source.get_token(), got);
  ASSERT_TRUE(got);
  EXPECT_EQ(got->error, errc::cancelled);
  std::optional<peeked> seen;
  peek(empty, 1, source.get_token(), seen);
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->error, errc::cancelled);
  const auto bytes = pattern_bytes(0, 1);
  std::optional<transfer> put;
  write(full, bytes, source.get_token(), put);
  ASSERT_TRUE(put);
  EXPECT_EQ(put->error, errc::cancelled);
  std::optional<reservation> space;
  reserve(full, 1, source.get_token(), space);
  ASSERT_TRUE(space);
  EXPECT_EQ(space->error, errc::cancelled);
}

TYPED_TEST(async, a_stop_while_waiting_cancels_and_the_ring_goes_on_working) {
  TypeParam ring(64);
  std::stop_source source;
  std::vector<std::byte> got(10);
  std::optional<transfer> result;
  read(ring, got, 10, source.get_token(), result);
  this->put(ring, 4);
  EXPECT_FALSE(result);
  source.request_stop();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->error, errc::cancelled);
  const auto had = result->bytes;
  result.reset();
  read(ring, bytes_span(got).subspan(had), 10 - had, {}, result);
  EXPECT_FALSE(result);
  EXPECT_FALSE(ring.writer().write(pattern_bytes(4, 6)).error);
  ASSERT_TRUE(result);
  EXPECT_EQ(had + result->bytes, 10U);
  EXPECT_TRUE(matches(got, 0));
}

// What a cancelled write has counted is what the reader gets, no byte more.
TYPED_TEST(async, a_cancelled_write_counts_what_it_gave) {
  TypeParam ring(64);
  std::stop_source source;
  const auto bytes = pattern_bytes(0, 3 * ring.limit());
  std::optional<transfer> result;
  write(ring, bytes, source.get_token(), result);
  std::vector<std::byte> got(bytes.size());
  auto received = ring.reader().try_read(bytes_span(got).first(10)).bytes;
  source.request_stop();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->error, errc::cancelled);
  ring.writer().close();
  const auto rest = ring.reader().read(bytes_span(got).subspan(received), got.size() - received);
  EXPECT_EQ(rest.error, errc::end_of_stream);
  received += rest.bytes;
  EXPECT_EQ(received, result->bytes);
  EXPECT_TRUE(matches(bytes_view(got).first(received), 0));
}

// A byte and a stop at the same time, from two threads: one of them resumes the read, and the byte
// is not lost.
TYPED_TEST(async, a_stop_that_races_progress_loses_nothing) {
  constexpr auto rounds = TestFixture::times(1000);
  TypeParam ring(64);
  event_loop stopping;
  for (std::uint64_t i = 0; i < rounds; ++i) {
    std::stop_source source;
    std::byte byte{};
    std::latch done(2);
    transfer result;
    const auto reading = [&]() -> detached_task {
      result = co_await async_read(ring.reader(), {&byte, 1}, 1, source.get_token());
      done.count_down();
    };
    const auto stop = [&]() -> detached_task {
      co_await stopping.enter();
      source.request_stop();
      done.count_down();
    };
    reading();
    stop();
    if (i % 3 != 0) std::this_thread::yield();
    std::thread late;  // of the pipe, whose write returns only once it is taken
    const auto bytes = pattern_bytes(i, 1);
    if (this->buffered) {
      EXPECT_EQ(ring.writer().write(bytes).bytes, 1U);
    } else {
      late = std::thread([&] { EXPECT_EQ(ring.writer().write(bytes).bytes, 1U); });
    }
    done.wait();
    if (result.error) {
      EXPECT_EQ(result.error, errc::cancelled);
      EXPECT_EQ(result.bytes, 0U);
      EXPECT_EQ(ring.reader().read({&byte, 1}).bytes, 1U);
    }
    EXPECT_EQ(byte, bytes[0]);
    if (late.joinable()) late.join();
  }
  EXPECT_EQ(ring.stats().reader.bytes, rounds);
}

TYPED_TEST(async, a_pair_on_one_thread_moves_a_mebibyte_through_64_bytes) {
  TypeParam ring(64);
  constexpr std::uint64_t total = 1 << 20;
  std::uint64_t received = 0;
  std::latch done(2);
  collect(ring, received, nullptr, done);
  produce(ring, total, nullptr, done);
  EXPECT_TRUE(done.try_wait());
  EXPECT_EQ(received, total);
}

TYPED_TEST(async, a_pair_on_one_thread_may_start_with_the_writer) {
  TypeParam ring(5);
  constexpr std::uint64_t total = 20'000;
  std::uint64_t received = 0;
  std::latch done(2);
  produce(ring, total, nullptr, done);
  collect(ring, received, nullptr, done);
  EXPECT_TRUE(done.try_wait());
  EXPECT_EQ(received, total);
}

TYPED_TEST(async, a_pair_on_two_threads_keeps_order) {
  for (const std::size_t capacity : {1U, 64U, 5000U}) {
    const std::uint64_t total = capacity == 1 ? 5'000 : 500'000;
    TypeParam ring(capacity);
    event_loop writing;
    event_loop reading;
    std::uint64_t received = 0;
    std::latch done(2);
    collect(ring, received, &reading, done);
    produce(ring, total, &writing, done);
    done.wait();
    EXPECT_EQ(received, total);
  }
}

TYPED_TEST(async, a_coroutine_reads_from_a_thread_that_blocks) {
  TypeParam ring(64);
  constexpr std::uint64_t total = TestFixture::times(200'000);
  event_loop reading;
  std::uint64_t received = 0;
  std::latch done(1);
  collect(ring, received, &reading, done);
  sizes random(5);
  for (std::uint64_t sent = 0; sent < total;) {
    const auto n = std::min<std::uint64_t>(total - sent, random.next(1, 200));
    ASSERT_EQ(ring.writer().write(pattern_bytes(sent, n)).bytes, n);
    sent += n;
  }
  ring.writer().close();
  done.wait();
  EXPECT_EQ(received, total);
}

// The writer is armed for half a ring, which a reader that spins for more than there is never
// frees.
TYPED_TEST(async, a_coroutine_writes_to_a_thread_that_blocks) {
  TypeParam ring(64);
  constexpr std::uint64_t total = TestFixture::times(200'000);
  event_loop writing;
  std::latch done(1);
  produce(ring, total, &writing, done);
  sizes random(5);
  std::uint64_t received = 0;
  std::vector<std::byte> got(200);
  for (transfer step; !step.error;) {
    const auto want = random.next(1, got.size());
    step = ring.reader().read(bytes_span(got).first(want), random.next(1, want));
    ASSERT_TRUE(matches(bytes_view(got).first(step.bytes), received));
    received += step.bytes;
  }
  done.wait();
  EXPECT_EQ(received, total);
}

}  // namespace annulus::testing
