// What stats() counts is what happened.
#include <numeric>

#include "suite.hpp"

namespace annulus::testing {

template <class Ring>
class stats : public suite<Ring> {
 protected:
  static std::uint64_t sum(const occupancy_histogram& seen) {
    return std::accumulate(seen.begin(), seen.end(), std::uint64_t{0});
  }
};
TYPED_TEST_SUITE(stats, ring_types, ring_names);

TYPED_TEST(stats, all_counts_start_at_zero_and_return_there) {
  TypeParam ring(64);
  std::byte byte{};
  for (int i = 0; i < 2; ++i) {
    for (const auto& end : {ring.stats().writer, ring.stats().reader}) {
      EXPECT_EQ(end.bytes, 0U);
      EXPECT_EQ(end.overwritten, 0U);
      EXPECT_EQ(end.waits, 0U);
      EXPECT_EQ(end.stalls, 0U);
      EXPECT_EQ(end.parks, 0U);
      EXPECT_EQ(end.wakes, 0U);
      EXPECT_EQ(end.kernel_calls, 0U);
      EXPECT_EQ(end.stalled, 0ns);
      EXPECT_EQ(this->sum(end.occupancy), 0U);
    }
    this->put(ring, 5);
    EXPECT_EQ(ring.reader().peek(6, 1ms).error, errc::timed_out);
    EXPECT_EQ(ring.reader().read({&byte, 1}).bytes, 1U);
    ring.reset();
  }
}

TYPED_TEST(stats, bytes_are_counted_however_they_move) {
  TypeParam ring(64);
  this->put(ring, 20);
  std::vector<std::byte> got(20);
  std::ignore = ring.reader().try_read(bytes_span(got).first(5));
  std::ignore = ring.reader().read(bytes_span(got).first(5), 5);
  ASSERT_EQ(ring.reader().peek(10).data.size(), 10U);
  EXPECT_FALSE(ring.reader().consume(10));
  EXPECT_EQ(ring.stats().writer.bytes, 20U);
  EXPECT_EQ(ring.stats().reader.bytes, 20U);
  EXPECT_EQ(ring.writer().stats().reader.bytes, 20U);
  EXPECT_EQ(ring.reader().stats().writer.bytes, 20U);
}

TYPED_TEST(stats, calls_that_need_not_wait_enter_no_kernel) {
  TypeParam ring(64);
  std::vector<std::byte> got(20);
  for (std::uint64_t at = 0; at < 20'000; at += 20) {
    this->put(ring, 20, at);
    ASSERT_EQ(ring.reader().read(got, 20).bytes, 20U);
  }
  for (const auto& end : {ring.stats().writer, ring.stats().reader}) {
    EXPECT_EQ(end.bytes, 20'000U);
    EXPECT_EQ(end.waits, 0U);
    EXPECT_EQ(end.wakes, 0U);
    EXPECT_EQ(end.kernel_calls, 0U);
  }
}

TYPED_TEST(stats, a_wait_is_a_stall_of_its_length) {
  TypeParam ring(64);
  this->put(ring, ring.limit());
  const auto before = until::clock::now();
  EXPECT_EQ(ring.writer().reserve(1, 3ms).error, errc::timed_out);
  const auto took = until::clock::now() - before;
  const auto writer = ring.stats().writer;
  EXPECT_EQ(writer.waits, 1U);
  EXPECT_EQ(writer.stalls, 1U);
  EXPECT_GT(writer.stalled, 0ns);
  EXPECT_LE(writer.stalled, took);
  EXPECT_LE(writer.slept, writer.stalled);
  EXPECT_EQ(writer.slept > 0ns, writer.parks > 0);
  EXPECT_GE(writer.kernel_calls, writer.parks + writer.barriers);
  EXPECT_EQ(ring.stats().reader.waits, 0U);
}

TYPED_TEST(stats, a_sleeper_is_woken_once_and_that_is_counted) {
  if (!variant<TypeParam>.kernel_waits) return;  // nobody sleeps, so nobody is woken
  TypeParam ring(64);
  if constexpr (requires { ring.moderate_wakes(0ns); }) ring.moderate_wakes(0ns);
  std::thread reader([&] {
    std::byte byte{};
    EXPECT_EQ(ring.reader().read({&byte, 1}).bytes, 1U);
  });
  while (ring.stats().reader.parks == 0) std::this_thread::yield();
  this->put(ring, 1);
  reader.join();
  const auto seen = ring.stats();
  EXPECT_EQ(seen.writer.wakes, 1U);
  EXPECT_GE(seen.writer.kernel_calls, 1U);
}

TYPED_TEST(stats, no_end_stalls_more_often_than_it_waits) {
  TypeParam ring(64);
  std::thread writer([&] {
    for (std::uint64_t at = 0; at < 50'000; at += 10)
      std::ignore = ring.writer().write(pattern_bytes(at, 10));
    ring.writer().close();
  });
  std::vector<std::byte> got(100);
  while (!ring.reader().read(got, 30).error) {
  }
  writer.join();
  for (const auto& end : {ring.stats().writer, ring.stats().reader}) {
    EXPECT_EQ(end.bytes, 50'000U);
    EXPECT_LE(end.stalls, end.waits);
    if (end.stalls == 0) {
      EXPECT_EQ(end.stalled, 0ns);
    }
  }
}

TYPED_TEST(stats, the_histogram_counts_bytes_not_calls) {
  if (!this->buffered) return;  // a pipe is never any fuller than empty
  TypeParam ring(1 << 20);
  const auto capacity = ring.capacity();
  const auto interval = sample_interval(capacity);
  constexpr std::uint64_t total = 8 << 20;
  const auto piece = pattern_bytes(0, 4096);
  std::vector<std::byte> got(4096);
  // Half full while the stream passes.
  for (std::uint64_t at = 0; at < capacity / 2; at += 4096)
    std::ignore = ring.writer().write(piece);
  for (std::uint64_t at = 0; at < total; at += 4096) {
    ASSERT_EQ(ring.writer().write(piece).bytes, 4096U);
    ASSERT_EQ(ring.reader().read(got, 4096).bytes, 4096U);
  }
  const auto seen = ring.stats();
  for (const auto& end : {seen.writer, seen.reader}) {
    EXPECT_GE(this->sum(end.occupancy), total / interval / 2);
    EXPECT_LE(this->sum(end.occupancy), end.bytes / interval + 1);
  }
  // What the reader saw lies around the middle.
  EXPECT_EQ(seen.reader.occupancy.front(), 0U);
  EXPECT_EQ(seen.reader.occupancy.back(), 0U);
  EXPECT_GT(seen.reader.occupancy[7] + seen.reader.occupancy[8], 0U);
}

TYPED_TEST(stats, a_full_ring_is_seen_as_full) {
  if (!this->buffered) return;
  TypeParam ring(1 << 20);
  const auto n = ring.capacity();
  const auto all = pattern_bytes(0, n);
  ASSERT_EQ(ring.writer().try_write(all).bytes, n);
  std::vector<std::byte> got(n);
  ASSERT_EQ(ring.reader().read(got, n).bytes, n);
  this->put(ring, n);
  EXPECT_GE(ring.stats().writer.occupancy.back(), 1U);
}

TYPED_TEST(stats, sums_of_several_rings) {
  TypeParam one(64);
  TypeParam two(64);
  this->put(one, 10);
  this->put(two, 20);
  auto sum = one.stats().writer;
  sum += two.stats().writer;
  EXPECT_EQ(sum.bytes, 30U);
}

}  // namespace annulus::testing
