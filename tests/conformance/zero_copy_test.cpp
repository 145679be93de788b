// reserve/commit and peek/consume.
#include "suite.hpp"

namespace annulus::testing {

template <class Ring>
class zero_copy : public suite<Ring> {};
TYPED_TEST_SUITE(zero_copy, ring_types, ring_names);

TYPED_TEST(zero_copy, a_commit_may_be_less_than_reserved) {
  TypeParam ring(256);
  auto& writer = ring.writer();
  auto& reader = ring.reader();
  const auto space = writer.reserve(100);
  ASSERT_FALSE(space.error);
  ASSERT_GE(space.memory.size(), 100U);
  fill(space.memory, 0);
  EXPECT_FALSE(writer.commit(30));
  EXPECT_EQ(ring.size(), 30U);
  const auto seen = reader.peek(30);
  ASSERT_FALSE(seen.error);
  EXPECT_EQ(seen.data.size(), 30U);
  EXPECT_TRUE(matches(seen.data, 0));
  EXPECT_FALSE(reader.consume(30));
  EXPECT_TRUE(ring.empty());
}

TYPED_TEST(zero_copy, nothing_is_visible_before_commit) {
  TypeParam ring(256);
  fill(ring.writer().reserve(50).memory, 0);
  EXPECT_EQ(ring.size(), 0U);
  EXPECT_EQ(ring.reader().try_peek(1).error, errc::would_block);
  EXPECT_FALSE(ring.writer().commit(50));
  EXPECT_EQ(ring.reader().peek(50).data.size(), 50U);
}

TYPED_TEST(zero_copy, a_commit_of_zero_gives_the_reservation_back) {
  TypeParam ring(64);
  ASSERT_FALSE(ring.writer().reserve(64).error);
  EXPECT_FALSE(ring.writer().commit(0));
  EXPECT_TRUE(ring.empty());
  EXPECT_EQ(ring.writer().commit(1), errc::commit_overrun);
}

TYPED_TEST(zero_copy, peek_shows_the_same_bytes_until_they_are_consumed) {
  TypeParam ring(256);
  fill(ring.writer().reserve(20).memory, 0);
  ASSERT_FALSE(ring.writer().commit(20));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(matches(ring.reader().peek(20).data, 0));
  EXPECT_FALSE(ring.reader().consume(5));
  const auto rest = ring.reader().peek(15);
  EXPECT_EQ(rest.data.size(), 15U);
  EXPECT_TRUE(matches(rest.data, 5));
}

TYPED_TEST(zero_copy, the_whole_limit_can_be_reserved_and_peeked) {
  TypeParam ring(5000);
  const auto n = ring.limit();
  const auto space = ring.writer().reserve(n);
  ASSERT_FALSE(space.error);
  ASSERT_EQ(space.memory.size(), n);
  fill(space.memory, 0);
  ASSERT_FALSE(ring.writer().commit(n));
  const auto seen = ring.reader().peek(n);
  ASSERT_FALSE(seen.error);
  EXPECT_EQ(seen.data.size(), n);
  EXPECT_TRUE(matches(seen.data, 0));
}

TYPED_TEST(zero_copy, contiguous_rings_give_one_span) {
  if (!variant<TypeParam>.contiguous) return;
  TypeParam ring(4096);
  std::uint64_t at = 0;
  for (int i = 0; i < 50; ++i) {
    const auto space = ring.writer().reserve(1000);
    ASSERT_TRUE(space.memory.contiguous());
    fill(space.memory, at);
    ASSERT_FALSE(ring.writer().commit(1000));
    const auto seen = ring.reader().peek(1000);
    ASSERT_TRUE(seen.data.contiguous());
    ASSERT_TRUE(matches(seen.data.first.first(1000), at));
    ASSERT_FALSE(ring.reader().consume(1000));
    at += 1000;
  }
}

TYPED_TEST(zero_copy, reserving_and_peeking_across_the_wrap_keeps_every_byte) {
  TypeParam ring(100);
  std::uint64_t in = 0;
  std::uint64_t out = 0;
  sizes random(7);
  for (int i = 0; i < 5000; ++i) {
    const auto want = random.next(1, ring.limit() / 2);
    const auto space = ring.writer().try_reserve(want);
    if (!space.error) {
      const auto n = random.next(0, want);
      fill(space.memory.prefix(n), in);
      ASSERT_FALSE(ring.writer().commit(n));
      in += n;
    }
    const auto need = random.next(0, ring.limit() / 2);
    const auto seen = ring.reader().try_peek(need);
    ASSERT_TRUE(!seen.error || seen.error == errc::would_block);
    ASSERT_TRUE(seen.error || seen.data.size() >= need);
    ASSERT_TRUE(matches(seen.data, out));
    const auto n = random.next(0, seen.data.size());
    ASSERT_FALSE(ring.reader().consume(n));
    out += n;
    ASSERT_EQ(ring.size(), in - out);
  }
  EXPECT_GT(out, 1000U);
}

TYPED_TEST(zero_copy, two_threads_in_place_on_both_ends) {
  TypeParam ring(8192);
  const std::uint64_t total = 3'000'000;
  std::thread producer([&] {
    sizes random(11);
    for (std::uint64_t sent = 0; sent < total;) {
      const auto n = std::min<std::uint64_t>(total - sent, random.next(1, 4096));
      const auto space = ring.writer().reserve(n);
      ASSERT_FALSE(space.error);
      fill(space.memory.prefix(n), sent);
      ASSERT_FALSE(ring.writer().commit(n));
      sent += n;
    }
    ring.writer().close();
  });
  sizes random(12);
  std::uint64_t received = 0;
  for (;;) {
    const auto seen = ring.reader().peek(random.next(1, 4096));
    ASSERT_TRUE(matches(seen.data, received));
    const auto n = seen.error ? seen.data.size() : random.next(1, seen.data.size());
    ASSERT_FALSE(ring.reader().consume(n));
    received += n;
    if (seen.error == errc::end_of_stream) break;
  }
  producer.join();
  EXPECT_EQ(received, total);
}

TYPED_TEST(zero_copy, a_peek_waits_for_its_minimum) {
  for (int round = 0; round < 100; ++round) {
    TypeParam ring(128);
    std::thread producer([&] {
      for (std::uint64_t i = 0; i < 100; i += 10)
        std::ignore = ring.writer().write(pattern_bytes(i, 10));
    });
    const auto seen = ring.reader().peek(100);
    EXPECT_FALSE(seen.error);
    EXPECT_GE(seen.data.size(), 100U);
    EXPECT_TRUE(matches(seen.data, 0));
    producer.join();
  }
}

TYPED_TEST(zero_copy, a_reservation_waits_for_its_minimum) {
  if (!this->buffered)
    return;  // a pipe's scratch block is free or not, there is no part of it to wait for
  for (int round = 0; round < 100; ++round) {
    TypeParam ring(128);
    const auto capacity = ring.capacity();
    std::ignore = ring.writer().write(pattern_bytes(0, capacity));
    std::thread consumer([&] {
      std::vector<std::byte> got(capacity / 8);
      for (int i = 0; i < 6; ++i) EXPECT_FALSE(ring.reader().read(got, got.size()).error);
    });
    const auto space = ring.writer().reserve(6 * (capacity / 8));
    EXPECT_FALSE(space.error);
    EXPECT_GE(space.memory.size(), 6 * (capacity / 8));
    consumer.join();
  }
}

}  // namespace annulus::testing
