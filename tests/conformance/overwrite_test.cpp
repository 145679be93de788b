// overflow::overwrite_oldest: the ring keeps the newest bytes and counts what it drops.
#include <deque>

#include "suite.hpp"

namespace annulus::testing {

class overwrite : public ::testing::Test {
 protected:
  // Everything that is buffered, which must be the stream from `from` on.
  static std::size_t take_all(mutex_ring& ring, std::uint64_t from) {
    std::vector<std::byte> got(ring.capacity());
    const auto n = ring.reader().try_read(got).bytes;
    EXPECT_TRUE(matches(bytes_view(got).first(n), from));
    return n;
  }
};

TEST_F(overwrite, a_write_that_fits_drops_nothing) {
  mutex_ring ring(10, overflow::overwrite_oldest);
  EXPECT_FALSE(ring.writer().try_write(pattern_bytes(0, 10)).error);
  EXPECT_EQ(ring.stats().writer.overwritten, 0U);
  EXPECT_EQ(take_all(ring, 0), 10U);
}

TEST_F(overwrite, the_newest_bytes_stay) {
  mutex_ring ring(10, overflow::overwrite_oldest);
  for (std::uint64_t at = 0; at < 70; at += 7) {
    const auto step = ring.writer().write(pattern_bytes(at, 7));
    EXPECT_EQ(step.bytes, 7U);
    EXPECT_FALSE(step.error);
  }
  EXPECT_EQ(ring.size(), 10U);
  EXPECT_EQ(ring.stats().writer.bytes, 70U);
  EXPECT_EQ(ring.stats().writer.overwritten, 60U);
  EXPECT_EQ(take_all(ring, 60), 10U);
}

TEST_F(overwrite, of_a_write_larger_than_the_ring_the_end_stays) {
  mutex_ring ring(10, overflow::overwrite_oldest);
  std::ignore = ring.writer().write(pattern_bytes(0, 4));
  const auto step = ring.writer().write(pattern_bytes(4, 36));
  EXPECT_EQ(step.bytes, 36U);
  EXPECT_FALSE(step.error);
  EXPECT_EQ(ring.stats().writer.overwritten, 30U);
  EXPECT_EQ(take_all(ring, 30), 10U);
}

TEST_F(overwrite, a_reservation_drops_for_its_minimum) {
  mutex_ring ring(10, overflow::overwrite_oldest);
  std::ignore = ring.writer().write(pattern_bytes(0, 10));
  const auto space = ring.writer().reserve(4);
  ASSERT_FALSE(space.error);
  ASSERT_GE(space.memory.size(), 4U);
  EXPECT_EQ(ring.size(), 6U);
  fill(space.memory.prefix(4), 10);
  EXPECT_FALSE(ring.writer().commit(4));
  EXPECT_EQ(ring.stats().writer.overwritten, 4U);
  EXPECT_EQ(take_all(ring, 4), 10U);
}

TEST_F(overwrite, an_open_peek_is_not_overwritten) {
  mutex_ring ring(10, overflow::overwrite_oldest);
  std::ignore = ring.writer().write(pattern_bytes(0, 8));
  const auto seen = ring.reader().peek(8);
  ASSERT_EQ(seen.data.size(), 8U);
  auto step = ring.writer().try_write(pattern_bytes(8, 5));
  EXPECT_EQ(step.bytes, 2U);
  EXPECT_EQ(step.error, errc::would_block);
  EXPECT_EQ(ring.writer().try_reserve(1).error, errc::would_block);
  EXPECT_TRUE(matches(seen.data, 0));
  EXPECT_FALSE(ring.reader().consume(3));
  step = ring.writer().try_write(pattern_bytes(10, 5));
  EXPECT_EQ(step.bytes, 5U);
  EXPECT_EQ(ring.stats().writer.overwritten, 2U);
  EXPECT_EQ(take_all(ring, 5), 10U);
}

TEST_F(overwrite, the_end_of_a_peek_wakes_the_writer) {
  for (int i = 0; i < 300; ++i) {
    mutex_ring ring(10, overflow::overwrite_oldest);
    std::ignore = ring.writer().write(pattern_bytes(0, 10));
    ASSERT_EQ(ring.reader().peek(10).data.size(), 10U);
    std::thread writer([&] { EXPECT_EQ(ring.writer().write(pattern_bytes(10, 5)).bytes, 5U); });
    EXPECT_FALSE(ring.reader().consume(0));
    writer.join();
    EXPECT_EQ(take_all(ring, 5), 10U);
  }
}

TEST_F(overwrite, a_close_still_drains) {
  mutex_ring ring(10, overflow::overwrite_oldest);
  std::ignore = ring.writer().write(pattern_bytes(0, 25));
  ring.writer().close();
  EXPECT_EQ(ring.writer().write(pattern_bytes(25, 1)).error, errc::closed);
  std::vector<std::byte> got(20);
  const auto step = ring.reader().read(got, 20);
  EXPECT_EQ(step.bytes, 10U);
  EXPECT_EQ(step.error, errc::end_of_stream);
  EXPECT_TRUE(matches(bytes_view(got).first(10), 15));
}

TEST_F(overwrite, agrees_with_a_deque_through_any_sizes) {
  mutex_ring ring(13, overflow::overwrite_oldest);
  std::deque<std::byte> kept;
  std::uint64_t at = 0;
  sizes random(9);
  for (int i = 0; i < 20000; ++i) {
    const auto bytes = pattern_bytes(at, random.next(0, 30));
    at += bytes.size();
    ASSERT_EQ(ring.writer().try_write(bytes).bytes, bytes.size());
    kept.insert(kept.end(), bytes.begin(), bytes.end());
    while (kept.size() > 13) kept.pop_front();
    ASSERT_EQ(ring.size(), kept.size());
    std::vector<std::byte> got(random.next(0, 13));
    const auto n = ring.reader().try_read(got).bytes;
    ASSERT_EQ(n, std::min(got.size(), kept.size()));
    ASSERT_TRUE(
        std::equal(got.begin(), got.begin() + static_cast<std::ptrdiff_t>(n), kept.begin()));
    kept.erase(kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(n));
  }
  const auto stats = ring.stats();
  EXPECT_EQ(stats.writer.bytes, at);
  EXPECT_EQ(stats.writer.overwritten + stats.reader.bytes + ring.size(), at);
}

// Items of eight bytes in a ring of whole items: what is read is whole, in order, and with what was
// dropped it is all.
TEST_F(overwrite, two_threads_see_whole_items_in_order) {
  mutex_ring ring(8 * 16, overflow::overwrite_oldest);
  constexpr std::uint64_t items = 200'000;
  std::thread writer([&] {
    for (std::uint64_t i = 1; i <= items; ++i)
      ASSERT_EQ(ring.writer().write(std::as_bytes(std::span(&i, 1))).bytes, 8U);
    ring.writer().close();
  });
  std::uint64_t last = 0;
  std::uint64_t seen = 0;
  for (;;) {
    std::uint64_t item = 0;
    const auto step = ring.reader().read(std::as_writable_bytes(std::span(&item, 1)), 8);
    if (step.error) {
      EXPECT_EQ(step.error, errc::end_of_stream);
      EXPECT_EQ(step.bytes, 0U);
      break;
    }
    ASSERT_GT(item, last);
    last = item;
    ++seen;
  }
  writer.join();
  EXPECT_EQ(last, items);
  EXPECT_EQ(seen + ring.stats().writer.overwritten / 8, items);
}

}  // namespace annulus::testing
