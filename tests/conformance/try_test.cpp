// try_reserve and try_peek: as reserve and peek, without a wait.
#include "suite.hpp"

namespace annulus::testing {

template <class Ring>
class try_calls : public suite<Ring> {};
TYPED_TEST_SUITE(try_calls, ring_types, ring_names);

TYPED_TEST(try_calls, reserve_gives_what_is_free) {
  TypeParam ring(64);
  const auto space = ring.writer().try_reserve(10);
  ASSERT_FALSE(space.error);
  ASSERT_GE(space.memory.size(), 10U);
  fill(space.memory.prefix(10), 0);
  EXPECT_FALSE(ring.writer().commit(10));
  const auto seen = ring.reader().try_peek(10);
  ASSERT_FALSE(seen.error);
  EXPECT_EQ(seen.data.size(), 10U);
  EXPECT_TRUE(matches(seen.data, 0));
  EXPECT_FALSE(ring.reader().consume(10));
}

TYPED_TEST(try_calls, reserve_would_block_without_the_room) {
  TypeParam ring(64);
  this->put(ring, ring.limit() - 3);
  const auto space = ring.writer().try_reserve(4);
  EXPECT_EQ(space.error, errc::would_block);
  EXPECT_TRUE(space.memory.empty());
  EXPECT_EQ(ring.writer().commit(1), errc::commit_overrun);
  if (this->buffered) {
    EXPECT_EQ(ring.writer().try_reserve(3).memory.size(), 3U);
  }
}

TYPED_TEST(try_calls, peek_would_block_beside_what_there_is) {
  TypeParam ring(64);
  EXPECT_EQ(ring.reader().try_peek(1).error, errc::would_block);
  this->put(ring, 5);
  const auto seen = ring.reader().try_peek(6);
  EXPECT_EQ(seen.error, errc::would_block);
  EXPECT_EQ(seen.data.size(), 5U);
  EXPECT_TRUE(matches(seen.data, 0));
  EXPECT_FALSE(ring.reader().consume(2));
  const auto rest = ring.reader().try_peek(3);
  EXPECT_FALSE(rest.error);
  EXPECT_TRUE(matches(rest.data, 2));
}

// What an end remembers of an earlier look must not stand for what there is now.
TYPED_TEST(try_calls, show_all_that_is_there_after_an_earlier_look) {
  if (!this->buffered) return;  // it has one offer at a time, which is all that is there
  std::vector<std::byte> got(64);
  for (const bool by_peek : {false, true}) {
    TypeParam ring(64);
    ASSERT_EQ(ring.writer().try_write(pattern_bytes(0, 10)).bytes, 10U);
    if (by_peek) {
      EXPECT_EQ(ring.reader().try_peek(1).data.size(), 10U);
      EXPECT_FALSE(ring.reader().consume(4));
    } else {
      EXPECT_EQ(ring.reader().try_read(bytes_span(got).first(4)).bytes, 4U);
    }
    ASSERT_EQ(ring.writer().try_write(pattern_bytes(10, 10)).bytes, 10U);
    auto seen = ring.reader().try_peek(1);
    EXPECT_EQ(seen.data.size(), 16U);
    EXPECT_TRUE(matches(seen.data, 4));
    ASSERT_EQ(ring.writer().try_write(pattern_bytes(20, 10)).bytes, 10U);
    seen = ring.reader().peek(1);
    EXPECT_EQ(seen.data.size(), 26U);
    EXPECT_TRUE(matches(seen.data, 4));
    ASSERT_EQ(ring.writer().try_write(pattern_bytes(30, 10)).bytes, 10U);
    EXPECT_EQ(ring.reader().try_read(got).bytes, 36U);
    EXPECT_TRUE(matches(bytes_view(got).first(36), 4));
    EXPECT_EQ(ring.reader().try_read(got).error, errc::would_block);
  }
}
TYPED_TEST(try_calls, read_all_that_is_there_also_when_it_may_wait) {
  if (!this->buffered) return;
  TypeParam ring(64);
  std::vector<std::byte> got(64);
  ASSERT_EQ(ring.writer().try_write(pattern_bytes(0, 10)).bytes, 10U);
  EXPECT_EQ(ring.reader().read(bytes_span(got).first(4), 4).bytes, 4U);
  ASSERT_EQ(ring.writer().try_write(pattern_bytes(10, 10)).bytes, 10U);
  EXPECT_EQ(ring.reader().read(got, 1).bytes, 16U);
  EXPECT_TRUE(matches(bytes_view(got).first(16), 4));
}
TYPED_TEST(try_calls, write_into_all_the_room_that_is_there_after_an_earlier_look) {
  if (!this->buffered) return;
  TypeParam ring(64);
  std::vector<std::byte> got(ring.capacity());
  ASSERT_EQ(ring.writer().try_write(pattern_bytes(0, ring.capacity() - 1)).bytes,
            ring.capacity() - 1);
  ASSERT_EQ(ring.reader().try_read(got).bytes, ring.capacity() - 1);
  EXPECT_EQ(ring.writer().try_write(pattern_bytes(0, ring.capacity())).bytes, ring.capacity());
}

TYPED_TEST(try_calls, refuse_more_than_the_limit) {
  TypeParam ring(64);
  EXPECT_EQ(ring.writer().try_reserve(ring.limit() + 1).error, errc::exceeds_capacity);
  EXPECT_EQ(ring.reader().try_peek(ring.limit() + 1).error, errc::exceeds_capacity);
}

TYPED_TEST(try_calls, see_the_end_of_the_stream) {
  TypeParam ring(64);
  this->put(ring, 5);
  ring.writer().close();
  EXPECT_EQ(ring.writer().try_reserve(1).error, errc::closed);
  const auto seen = ring.reader().try_peek(6);
  EXPECT_EQ(seen.error, errc::end_of_stream);
  EXPECT_EQ(seen.data.size(), 5U);
  EXPECT_FALSE(ring.reader().consume(5));
  EXPECT_EQ(ring.reader().try_peek(1).error, errc::end_of_stream);
  ring.reader().close();
  EXPECT_EQ(ring.reader().try_peek(1).error, errc::closed);
}

TYPED_TEST(try_calls, see_an_error_of_either_end) {
  const auto error = std::make_error_code(std::errc::io_error);
  TypeParam ring(64);
  this->put(ring, 5);
  ring.reader().close(error);
  EXPECT_EQ(ring.writer().try_reserve(1).error, error);
  const auto seen = ring.reader().try_peek(1);
  EXPECT_EQ(seen.error, error);
  EXPECT_TRUE(seen.data.empty());
}

TYPED_TEST(try_calls, two_threads_that_never_block_keep_order) {
  TypeParam ring(500);
  constexpr std::uint64_t total = 300'000;
  std::thread producer([&] {
    sizes random(21);
    for (std::uint64_t sent = 0; sent < total;) {
      const auto n = std::min<std::uint64_t>(total - sent, random.next(1, ring.limit() / 2));
      const auto space = ring.writer().try_reserve(n);
      if (space.error) {
        ASSERT_EQ(space.error, errc::would_block);
        std::this_thread::yield();
        continue;
      }
      fill(space.memory.prefix(n), sent);
      ASSERT_FALSE(ring.writer().commit(n));
      sent += n;
    }
    ring.writer().close();
  });
  sizes random(22);
  std::uint64_t received = 0;
  for (;;) {
    const auto seen = ring.reader().try_peek(random.next(1, ring.limit() / 2));
    ASSERT_TRUE(matches(seen.data, received));
    const auto n = random.next(0, seen.data.size());
    ASSERT_FALSE(ring.reader().consume(n));
    received += n;
    if (seen.error == errc::end_of_stream && n == seen.data.size()) break;
    if (n == 0) std::this_thread::yield();
  }
  producer.join();
  EXPECT_EQ(received, total);
}

}  // namespace annulus::testing
