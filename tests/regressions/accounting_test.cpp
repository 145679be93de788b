// Bugs of the field in what is full, what is free, and where the ring wraps.
#include <array>
#include <vector>

#include "support/stream.hpp"
#include "support/suite.hpp"

namespace annulus::testing {

template <class Ring>
class accounting : public suite<Ring> {
 protected:
  // Takes `n` bytes, which must be the stream from `from` on.
  static void take(Ring& ring, std::size_t n, std::uint64_t from) {
    std::vector<std::byte> got(n);
    ASSERT_EQ(ring.reader().try_read(got).bytes, n);
    ASSERT_TRUE(matches(got, from));
  }
};
TYPED_TEST_SUITE(accounting, ring_types, ring_names);

// Quill #946: the reader gave room back in batches, and what it had read since the last batch was
// never given back once the ring was drained, so that a writer of a nearly full ring waited for
// ever.
TYPED_TEST(accounting, quill_946_residue_is_released_after_a_drain) {
  for (const std::size_t capacity : {5U, 64U, 1000U, 4096U}) {
    TypeParam ring(capacity);
    const auto limit = ring.limit();
    std::uint64_t at = 0;
    for (std::size_t residue = 1; residue <= std::min<std::size_t>(limit, 40); ++residue) {
      this->put(ring, residue, at);
      this->take(ring, residue, at);
      at += residue;
      ASSERT_TRUE(ring.empty());
      const auto space = ring.writer().try_reserve(limit);
      ASSERT_FALSE(space.error) << residue << " bytes are held back";
      ASSERT_GE(space.memory.size(), limit);
      ASSERT_FALSE(ring.writer().commit(0));
      ASSERT_FALSE(ring.writer().drain());
    }
  }
}

// The same in place, byte by byte: nothing is kept back by a consume either.
TYPED_TEST(accounting, quill_946_every_consume_gives_its_room_back) {
  TypeParam ring(64);
  if (!this->buffered) return;  // a pipe gives its scratch block back only as a whole
  const auto limit = ring.limit();
  this->put(ring, limit);
  for (std::size_t i = 1; i <= limit; ++i) {
    ASSERT_FALSE(ring.reader().peek(1).error);
    ASSERT_FALSE(ring.reader().consume(1));
    ASSERT_GE(ring.writer().try_reserve(i).memory.size(), i);
  }
}

// Near-capacity frames: rings that keep a slot free, or a header beside the frame, refuse or tear a
// frame of exactly the capacity, or one byte less, at some offsets.
TYPED_TEST(accounting, near_capacity_frames_fit_at_every_offset) {
  TypeParam ring(61);
  const auto limit = ring.limit();
  std::uint64_t at = 0;
  for (int lap = 0; lap < 200; ++lap) {
    for (const auto frame : {limit, limit - 1, limit - 2, std::size_t{1}}) {
      this->put(ring, frame, at);
      if (this->buffered) {
        ASSERT_EQ(ring.free(), ring.capacity() - frame);
        ASSERT_EQ(ring.writer().try_reserve(ring.free() + 1).error, errc::would_block);
      }
      this->take(ring, frame, at);
      at += frame;
    }
  }
}

// ETL #1276: a marker said where the last lap had ended and stayed when the next one ended
// elsewhere; the reader then skipped or repeated bytes. Laps of ever other lengths, partly read.
TYPED_TEST(accounting, etl_1276_no_wrap_marker_goes_stale) {
  if (!this->buffered) return;  // nothing wraps where nothing is stored
  TypeParam ring(32);
  const auto limit = ring.limit();
  sizes random(1276);
  std::uint64_t in = 0;
  std::uint64_t out = 0;
  for (int lap = 0; lap < 3000; ++lap) {
    // Reservations larger than what is committed move an early end about.
    const auto asked = random.next(1, limit - static_cast<std::size_t>(in - out));
    const auto used = random.next(0, asked);
    const auto space = ring.writer().try_reserve(asked);
    ASSERT_FALSE(space.error);
    fill(space.memory.prefix(used), in);
    ASSERT_FALSE(ring.writer().commit(used));
    in += used;
    ASSERT_EQ(ring.size(), in - out);
    const auto n = random.next(0, static_cast<std::size_t>(in - out));
    this->take(ring, n, out);
    out += n;
    if (in - out == limit) this->take(ring, 1, out++);
  }
  EXPECT_GT(out, 10 * limit);
}

}  // namespace annulus::testing
