// What is particular to `segment`: bytes in more segments than a peek can show.
#include <gtest/gtest.h>

#include <annulus/segment.hpp>
#include <array>
#include <cstddef>
#include <memory>
#include <stop_token>
#include <thread>
#include <vector>

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

// The chain's bytes are those from `first` on.
void expect_chain(const peeked_chain<std_platform>& got, std::size_t first, std::size_t n) {
  ASSERT_EQ(got.data.size(), n);
  for (const auto piece : got.data) {
    for (const auto byte : piece) ASSERT_EQ(byte, static_cast<std::byte>(first++));
  }
}

TEST(segment_ring_peek_chain, shows_each_segment_where_it_lies) {
  segment_ring ring(mebibyte);
  std::vector<const std::byte*> places;
  for (std::size_t i = 0; i < 8; ++i) {
    const auto room = ring.writer().reserve(segment_ring::segment_bytes);
    ASSERT_FALSE(room.error);
    room.memory.first.front() = static_cast<std::byte>(i);
    places.push_back(room.memory.first.data());
    ASSERT_FALSE(ring.writer().commit(1));
  }
  const auto bytes = ring.memory().bytes;
  const auto seen = ring.reader().peek_chain(8);
  EXPECT_FALSE(seen.error);
  expect_chain(seen, 0, 8);
  std::vector<const std::byte*> shown;
  for (const auto piece : seen.data) shown.push_back(piece.data());
  EXPECT_EQ(shown, places);
  EXPECT_EQ(ring.memory().bytes, bytes) << "nothing was joined";
}

TEST(segment_ring_peek_chain, is_ended_by_consuming_any_part_of_it) {
  segment_ring ring(mebibyte);
  write_scattered(ring, 0, 8);
  EXPECT_EQ(ring.reader().consume(1), errc::consume_overrun);
  ASSERT_FALSE(ring.reader().peek_chain(1).error);
  EXPECT_EQ(ring.reader().consume(9), errc::consume_overrun) << "and nothing has changed";
  ASSERT_FALSE(ring.reader().consume(3));
  EXPECT_EQ(ring.reader().consume(1), errc::consume_overrun);
  EXPECT_EQ(ring.size(), 5U);
  expect_chain(ring.reader().peek_chain(5), 3, 5);
  ASSERT_FALSE(ring.reader().consume(0));
  expect_bytes(ring.reader().peek(5), 3, 5);  // joined, which the next call must not show
  ASSERT_FALSE(ring.reader().consume(1));
  expect_chain(ring.reader().try_peek_chain(4), 4, 4);
  std::array<std::byte, 2> got{};
  ASSERT_EQ(ring.reader().read(got).bytes, 2U);
  EXPECT_EQ(ring.reader().consume(1), errc::consume_overrun) << "a read ends it too";
  expect_chain(ring.reader().peek_chain(2), 6, 2);
}

TEST(segment_ring_peek_chain, stays_as_it_is_while_the_writer_goes_on) {
  segment_ring ring(mebibyte);
  ASSERT_FALSE(ring.writer().write(std::array{std::byte{0}, std::byte{1}}).error);
  const auto seen = ring.reader().peek_chain(2);
  // Behind it in the same segment, then in others.
  ASSERT_FALSE(ring.writer().write(std::array{std::byte{2}}).error);
  write_scattered(ring, 3, 4);
  expect_chain(seen, 0, 2);
  expect_chain(ring.reader().peek_chain(7), 0, 7);
}

TEST(segment_ring_peek_chain, refuses_what_peek_refuses) {
  segment_ring ring(100);
  EXPECT_EQ(ring.reader().peek_chain(101).error, errc::exceeds_capacity);
  EXPECT_EQ(ring.reader().try_peek_chain(1).error, errc::would_block);
  EXPECT_FALSE(ring.reader().try_peek_chain(0).error);
  ASSERT_FALSE(ring.writer().write(std::array{std::byte{0}, std::byte{1}}).error);
  auto seen = ring.reader().try_peek_chain(3);
  EXPECT_EQ(seen.error, errc::would_block);
  expect_chain(seen, 0, 2);
  std::stop_source source;
  source.request_stop();
  EXPECT_EQ(ring.reader().peek_chain(3, source.get_token()).error, errc::cancelled);
  ring.writer().close();
  seen = ring.reader().peek_chain(3);
  EXPECT_EQ(seen.error, errc::end_of_stream);
  expect_chain(seen, 0, 2);
  EXPECT_FALSE(ring.reader().consume(2)) << "what is shown beside an error can be consumed";
  seen = ring.reader().peek_chain(1);
  EXPECT_EQ(seen.error, errc::end_of_stream);
  EXPECT_TRUE(seen.data.empty());
  ring.reset();
  ring.writer().close(std::make_error_code(std::errc::io_error));
  seen = ring.reader().peek_chain(1);
  EXPECT_EQ(seen.error, std::errc::io_error);
  EXPECT_TRUE(seen.data.empty());
  EXPECT_EQ(ring.reader().peek(1).error, std::errc::io_error);
}

TEST(segment_ring_peek_chain, waits_for_all_that_it_is_asked_for) {
  segment_ring ring(100);
  std::jthread writer([&ring] {
    for (std::size_t i = 0; i < 1000; ++i)
      EXPECT_FALSE(ring.writer().write(std::array{static_cast<std::byte>(i)}).error);
    ring.writer().close();
  });
  std::size_t first = 0;
  for (;;) {
    const auto seen = ring.reader().peek_chain(30);
    expect_chain(seen, first, seen.data.size());
    if (seen.error) {
      EXPECT_EQ(seen.error, errc::end_of_stream);
      EXPECT_EQ(first + seen.data.size(), 1000U);
      break;
    }
    ASSERT_GE(seen.data.size(), 30U);
    ASSERT_FALSE(ring.reader().consume(29));
    first += 29;
  }
}

TEST(segment_ring_peek_chain, is_let_out_of_a_ring_that_is_destroyed) {
  for (int i = 0; i < 100; ++i) {
    auto ring = std::make_unique<segment_ring>(100U);
    std::error_code result;
    std::thread waiter(
        [&result, &target = *ring] { result = target.reader().peek_chain(1).error; });
    while (ring->stats().reader.waits == 0) std::this_thread::yield();
    ring.reset();
    waiter.join();
    ASSERT_EQ(result, errc::destroyed);
  }
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
