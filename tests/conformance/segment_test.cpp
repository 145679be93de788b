// What is particular to `segment`: bytes in more segments than a peek can show.
#include <gtest/gtest.h>

#include <annulus/segment.hpp>
#include <cstddef>

namespace annulus::testing {
namespace {

constexpr std::size_t mebibyte = std::size_t{1} << 20;

// One byte a segment: no segment has room for another behind it.
void write_scattered(segment_ring& ring, std::size_t first, std::size_t n) {
  for (std::size_t i = first; i < first + n; ++i) {
    const auto got = ring.writer().reserve(segment_ring::segment_bytes);
    ASSERT_FALSE(got.error);
    got.memory.first.front() = static_cast<std::byte>(i);
    ASSERT_FALSE(ring.writer().commit(1));
  }
}

void expect_bytes(const peeked& got, std::size_t first, std::size_t n) {
  ASSERT_FALSE(got.error);
  ASSERT_GE(got.data.size(), n);
  for (std::size_t i = 0; i < n; ++i) {
    const auto byte =
        i < got.data.first.size() ? got.data.first[i] : got.data.second[i - got.data.first.size()];
    ASSERT_EQ(byte, static_cast<std::byte>(first + i)) << "byte " << i;
  }
}

TEST(segment_ring_peek, joins_segments_and_shows_the_rest_behind) {
  segment_ring ring(mebibyte);
  write_scattered(ring, 0, 8);
  expect_bytes(ring.reader().peek(2), 0, 2);
  expect_bytes(ring.reader().peek(5), 0, 5);
  const auto bytes = ring.memory().bytes;
  for (std::size_t i = 0; i + 5 <= 8; ++i) {
    expect_bytes(ring.reader().peek(5), i, 5);
    ASSERT_FALSE(ring.reader().consume(1));
  }
  EXPECT_EQ(ring.memory().bytes, bytes) << "the copy's memory is used again";
  expect_bytes(ring.reader().peek(4), 4, 4);
  ASSERT_FALSE(ring.reader().consume(4));
  EXPECT_TRUE(ring.empty());
}

TEST(segment_ring_peek, shows_nothing_joined_before_a_reset) {
  segment_ring ring(mebibyte);
  write_scattered(ring, 0, 4);
  expect_bytes(ring.reader().peek(4), 0, 4);
  ring.reset();
  EXPECT_EQ(ring.reader().try_peek(1).error, errc::would_block);
  write_scattered(ring, 10, 4);
  expect_bytes(ring.reader().peek(4), 10, 4);
}

TEST(segment_ring_memory, is_bounded_and_survives_a_reset) {
  segment_ring ring(mebibyte);
  const auto round = [&ring] {
    write_scattered(ring, 0, 16);
    expect_bytes(ring.reader().peek(16), 0, 16);
    ASSERT_FALSE(ring.reader().consume(16));
  };
  round();
  round();  // the last segment of the one before is still in the chain
  const auto bytes = ring.memory().bytes;
  EXPECT_GT(bytes, 0U);
  for (int i = 0; i < 100; ++i) {
    round();
    ring.reset();
    ASSERT_EQ(ring.memory().bytes, bytes) << "round " << i;
  }
}

}  // namespace
}  // namespace annulus::testing
