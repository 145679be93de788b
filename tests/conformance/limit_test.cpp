// How long a wait may last: the longest duration is for ever, and what is over ends at once.
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "suite.hpp"

namespace annulus::testing {

using namespace std::chrono_literals;
using std::chrono::duration;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::system_clock;
using std::chrono::time_point;

constexpr double infinity = std::numeric_limits<double>::infinity();

struct named_limit {
  std::string name;
  until limit;
};
std::vector<named_limit> endless() {
  using coarse_steady = time_point<until::clock, hours>;
  using coarse_system = time_point<system_clock, hours>;
  return {{"nanoseconds::max", nanoseconds::max()},
          {"milliseconds::max", milliseconds::max()},
          {"hours::max", hours::max()},
          {"300 years", 300 * 365 * 24h},
          {"1e18 s", duration<double>(1e18)},
          {"infinity", duration<double>(infinity)},
          {"float infinity", duration<float, std::milli>(infinity)},
          {"float max", duration<float>::max()},
          {"long double max", duration<long double, std::nano>::max()},
          {"unsigned max", duration<std::uint64_t, std::ratio<3600>>::max()},
          {"time_point::max", until::clock::time_point::max()},
          {"time_point::max in hours", coarse_steady::max()},
          {"system_clock's last", system_clock::time_point::max()},
          {"system_clock's last in hours", coarse_system::max()}};
}
std::vector<named_limit> over() {
  const auto now = until::clock::now();
  return {{"0", 0s},
          {"-1 ns", -1ns},
          {"nanoseconds::min", nanoseconds::min()},
          {"hours::min", hours::min()},
          {"minus infinity", duration<double>(-infinity)},
          {"lowest double", duration<double>(std::numeric_limits<double>::lowest())},
          {"not a number", duration<double>(std::nan(""))},
          {"now", now},
          {"time_point::min", until::clock::time_point::min()},
          {"time_point::min in hours", time_point<until::clock, hours>::min()},
          {"system_clock's first", system_clock::time_point::min()},
          {"an hour ago", system_clock::now() - 1h}};
}

TEST(until, has_no_deadline_that_its_clock_cannot_tell) {
  for (const auto& each : endless()) {
    EXPECT_FALSE(each.limit.deadline()) << each.name;
    EXPECT_FALSE(each.limit.expired<std_platform>()) << each.name;
  }
}
TEST(until, is_over_at_once_if_it_was_when_it_was_made) {
  for (const auto& each : over()) EXPECT_TRUE(each.limit.expired<std_platform>()) << each.name;
}
TEST(until, keeps_what_its_clock_can_tell) {
  const auto before = until::clock::now();
  for (const until& limit :
       {until(1h), until(duration<double, std::ratio<3600>>(1.0)), until(duration<float>(3600)),
        until(system_clock::now() + 1h), until(1h, std::stop_token())}) {
    ASSERT_TRUE(limit.deadline());
    // The float and the other clock are not exact.
    EXPECT_GE(*limit.deadline(), before + 59min);
    EXPECT_LE(*limit.deadline(), until::clock::now() + 61min);
  }
  EXPECT_EQ(until(before + 1ns).deadline(), before + 1ns);
  ASSERT_TRUE(until(200 * 365 * 24h).deadline());
  EXPECT_GE(*until(200 * 365 * 24h).deadline(), before + 200 * 365 * 24h);
}
TEST(until, takes_a_stop_token_beside_either) {
  std::stop_source stop;
  const until endless_or_stopped(hours::max(), stop.get_token());
  EXPECT_FALSE(endless_or_stopped.deadline());
  EXPECT_FALSE(endless_or_stopped.cancelled());
  stop.request_stop();
  EXPECT_TRUE(endless_or_stopped.cancelled());
}

template <class Ring>
class limit : public suite<Ring> {};
TYPED_TEST_SUITE(limit, ring_types, ring_names);

// The reader is in its wait once that is counted: half of what it asks for cannot be enough.
TYPED_TEST(limit, an_endless_read_waits_for_the_rest) {
  for (const auto& each : endless()) {
    TypeParam ring(64);
    std::vector<std::byte> got(8);
    std::thread reader([&] {
      const auto step = ring.reader().read(got, 8, each.limit);
      EXPECT_EQ(step.bytes, 8U) << each.name;
      EXPECT_FALSE(step.error) << each.name << ": " << step.error.message();
      ring.reader().close();
    });
    EXPECT_FALSE(ring.writer().write(pattern_bytes(0, 4), each.limit).error) << each.name;
    while (ring.stats().reader.waits == 0) std::this_thread::yield();
    EXPECT_EQ(ring.writer().write(pattern_bytes(4, 4), each.limit).bytes, 4U) << each.name;
    reader.join();
    EXPECT_TRUE(matches(got, 0)) << each.name;
  }
}
TYPED_TEST(limit, an_endless_write_waits_for_room) {
  for (const auto& each : endless()) {
    TypeParam ring(64);
    const auto total = std::max<std::size_t>(ring.capacity(), 64) * 2;
    std::thread writer([&] {
      const auto step = ring.writer().write(pattern_bytes(0, total), each.limit);
      EXPECT_EQ(step.bytes, total) << each.name;
      EXPECT_FALSE(step.error) << each.name << ": " << step.error.message();
      ring.writer().close();
    });
    std::vector<std::byte> got(total);
    EXPECT_EQ(ring.reader().read(got, total, each.limit).bytes, total) << each.name;
    writer.join();
    EXPECT_TRUE(matches(got, 0)) << each.name;
  }
}
TYPED_TEST(limit, an_endless_reservation_and_peek_wait_too) {
  for (const auto& each : endless()) {
    TypeParam ring(64);
    const auto half = ring.limit() / 2;
    std::thread writer([&] {
      for (std::uint64_t i = 0; i < 4; ++i) {
        const auto space = ring.writer().reserve(half, each.limit);
        ASSERT_FALSE(space.error) << each.name << ": " << space.error.message();
        fill(space.memory.prefix(half), i * half);
        ASSERT_FALSE(ring.writer().commit(half));
      }
      EXPECT_FALSE(ring.writer().drain(each.limit)) << each.name;
      ring.writer().close();
    });
    for (std::uint64_t i = 0; i < 4; ++i) {
      const auto seen = ring.reader().peek(half, each.limit);
      ASSERT_FALSE(seen.error) << each.name << ": " << seen.error.message();
      EXPECT_TRUE(matches(seen.data.prefix(half), i * half));
      ASSERT_FALSE(ring.reader().consume(half));
    }
    writer.join();
  }
}
TYPED_TEST(limit, what_is_over_ends_every_wait_at_once) {
  for (const auto& each : over()) {
    TypeParam ring(64);
    std::vector<std::byte> got(8);
    EXPECT_EQ(ring.reader().read(got, 8, each.limit).error, errc::timed_out) << each.name;
    EXPECT_EQ(ring.reader().peek(1, each.limit).error, errc::timed_out) << each.name;
    this->put(ring, ring.limit());
    EXPECT_EQ(ring.writer().write(pattern_bytes(0, 1), each.limit).error, errc::timed_out)
        << each.name;
    EXPECT_EQ(ring.writer().reserve(1, each.limit).error, errc::timed_out) << each.name;
    EXPECT_EQ(ring.writer().drain(each.limit), errc::timed_out) << each.name;
  }
}

std::vector<std::pair<until, errc>> passed() {
  std::stop_source stop;
  stop.request_stop();
  return {{until(stop.get_token()), errc::cancelled},
          {until(until::clock::now()), errc::timed_out},
          {until(-1h, stop.get_token()), errc::cancelled}};
}

// Eight bytes are there, and room for more but in a pipe: no call need wait.
TYPED_TEST(limit, what_is_over_ends_a_call_that_need_not_wait) {
  for (const auto& [late, error] : passed()) {
    TypeParam ring(64);
    std::vector<std::byte> got(8);
    EXPECT_EQ(ring.writer().write(pattern_bytes(0, 8), late).error, error);
    EXPECT_EQ(ring.writer().write({}, late).error, error);
    EXPECT_EQ(ring.writer().reserve(8, late).error, error);
    EXPECT_EQ(ring.writer().commit(0), std::error_code{});
    EXPECT_EQ(ring.writer().commit(1), errc::commit_overrun);
    EXPECT_EQ(ring.writer().drain(late), error);
    EXPECT_TRUE(ring.empty());
    this->put(ring, 8);
    EXPECT_EQ(ring.reader().read(got, 8, late).error, error);
    EXPECT_EQ(ring.reader().read(got, 0, late).error, error);
    EXPECT_EQ(ring.reader().peek(8, late).error, error);
    EXPECT_EQ(ring.reader().consume(1), errc::consume_overrun);
    EXPECT_EQ(ring.size(), 8U);
    EXPECT_EQ(ring.stats().reader.bytes, 0U);
    EXPECT_EQ(ring.reader().read(got, 8).bytes, 8U);
    EXPECT_TRUE(matches(got, 0));
  }
}

// The hot path of a ring in full swing, whose ends know of room and bytes without a look.
TYPED_TEST(limit, what_is_over_ends_a_call_in_full_swing) {
  if (!this->buffered) return;  // a write waits for its reader
  for (const auto& [late, error] : passed()) {
    TypeParam ring(4096);
    std::vector<std::byte> got(8);
    for (std::uint64_t at = 0; at < 400; at += 8) {
      ASSERT_FALSE(ring.writer().write(pattern_bytes(at, 8), 1h).error);
      ASSERT_FALSE(ring.writer().write(pattern_bytes(at, 8), 1h).error);
      ASSERT_EQ(ring.reader().read(got, 8, 1h).bytes, 8U);
    }
    const auto before = ring.stats();
    EXPECT_EQ(ring.writer().write(pattern_bytes(0, 8), late).error, error);
    EXPECT_EQ(ring.reader().read(got, 8, late).error, error);
    EXPECT_EQ(ring.stats().writer.bytes, before.writer.bytes);
    EXPECT_EQ(ring.stats().reader.bytes, before.reader.bytes);
  }
}

TYPED_TEST(limit, an_error_comes_before_a_limit_that_is_over_and_the_clean_end_behind) {
  for (const auto& [late, error] : passed()) {
    TypeParam ring(64);
    std::vector<std::byte> got(8);
    EXPECT_EQ(ring.reader().read(got, 9, late).error, errc::minimum_exceeds_span);
    EXPECT_EQ(ring.reader().peek(ring.limit() + 1, late).error, errc::exceeds_capacity);
    EXPECT_EQ(ring.writer().reserve(ring.limit() + 1, late).error, errc::exceeds_capacity);
    ring.writer().close();
    EXPECT_EQ(ring.writer().write(pattern_bytes(0, 8), late).error, errc::closed);
    EXPECT_EQ(ring.writer().reserve(8, late).error, errc::closed);
    EXPECT_EQ(ring.writer().drain(late), error);
    EXPECT_EQ(ring.reader().read(got, 1, late).error, error);
    EXPECT_EQ(ring.reader().peek(1, late).error, error);
    EXPECT_EQ(ring.reader().read(got).error, errc::end_of_stream);
    ring.fail(some_error);
    EXPECT_EQ(ring.writer().write(pattern_bytes(0, 8), late).error, some_error);
    EXPECT_EQ(ring.writer().reserve(8, late).error, some_error);
    EXPECT_EQ(ring.writer().drain(late), some_error);
    EXPECT_EQ(ring.reader().read(got, 1, late).error, some_error);
    EXPECT_EQ(ring.reader().peek(1, late).error, some_error);
  }
}

// A writer and a reader that never wait long: the token is seen all the same.
TYPED_TEST(limit, a_stop_ends_a_call_that_always_goes_on) {
  if (!this->buffered) return;  // a write is one wait
  TypeParam ring(64);
  std::stop_source source;
  std::thread writer([&] {
    std::uint64_t at = 0;
    for (transfer step; !step.error; at += step.bytes)
      step = ring.writer().write(pattern_bytes(at, 1'000'000), source.get_token());
    EXPECT_EQ(ring.stats().writer.bytes, at);
    ring.writer().close();
  });
  std::vector<std::byte> got(50);
  std::uint64_t at = 0;
  for (transfer step; !step.error; at += step.bytes) {
    step = ring.reader().read(got);
    ASSERT_TRUE(matches(bytes_view(got).first(step.bytes), at));
    if (at >= 500) source.request_stop();
  }
  writer.join();
  EXPECT_EQ(ring.stats().writer.bytes, at);
  EXPECT_LT(at, 1'000'000U);
}

}  // namespace annulus::testing
