// Bugs of the field in when bytes become visible. The proof is the model checker's (tests/model);
// here the same happens on the real machine, many times.
#include <atomic>
#include <thread>
#include <vector>

#include "support/stream.hpp"
#include "support/suite.hpp"

namespace annulus::testing {

template <class Ring>
class visibility : public suite<Ring> {
 protected:
  // Sends `total` bytes in place, in pieces of at most `most`, and looks at each as soon as size()
  // or a peek shows it.
  static void race(std::size_t capacity, std::size_t most, std::uint64_t total) {
    Ring ring(capacity);
    std::thread writer([&] {
      sizes random(most);
      for (std::uint64_t sent = 0; sent < total;) {
        const auto n = std::min<std::uint64_t>(total - sent, random.next(1, most));
        const auto space = ring.writer().reserve(n);
        ASSERT_FALSE(space.error);
        fill(space.memory.prefix(n), sent);
        ASSERT_FALSE(ring.writer().commit(n));
        sent += n;
      }
      ring.writer().close();
    });
    std::uint64_t at = 0;
    for (;;) {
      const auto shown = ring.size();
      const auto seen = ring.reader().try_peek(std::min(shown, ring.limit()));
      ASSERT_TRUE(matches(seen.data, at));
      // What size() has shown is there.
      ASSERT_GE(seen.data.size(), std::min(shown, ring.limit()));
      ASSERT_FALSE(ring.reader().consume(seen.data.size()));
      at += seen.data.size();
      if (!seen.data.empty()) continue;
      if (ring.reader().try_peek(1).error == errc::end_of_stream) break;
      std::this_thread::yield();
    }
    writer.join();
    EXPECT_EQ(at, total);
  }
};
TYPED_TEST_SUITE(visibility, ring_types, ring_names);

// JACK #886: the write index was stored without a release, so that a reader could see it before the
// bytes that it covered, and played stale ones.
TYPED_TEST(visibility, jack_886_no_index_is_visible_before_its_data) {
  this->race(4096, 64, this->times(1'000'000));
  this->race(7, 3, this->times(20'000));
}

// readerwriterqueue #171: the fence came after the store that published the item, which orders
// nothing. Small items in a small ring, so that every slot is soon used again.
TYPED_TEST(visibility, readerwriterqueue_171_the_fence_comes_before_the_publish) {
  TypeParam ring(2 * sizeof(std::uint64_t));
  constexpr std::uint64_t items = TestFixture::times(50'000);
  std::thread writer([&] {
    for (std::uint64_t i = 0; i < items; ++i)
      ASSERT_EQ(ring.writer().write(std::as_bytes(std::span(&i, 1))).bytes, sizeof i);
  });
  for (std::uint64_t i = 0; i < items; ++i) {
    std::uint64_t item = 0;
    ASSERT_EQ(ring.reader().read(std::as_writable_bytes(std::span(&item, 1)), sizeof item).bytes,
              sizeof item);
    ASSERT_EQ(item, i);
  }
  writer.join();
}

// The other way round: room is visible only after the reader has done with it. A reader that is
// slow to look at what it peeked must not find the next lap there.
TYPED_TEST(visibility, jack_886_no_room_is_visible_before_it_was_read) {
  TypeParam ring(64);
  constexpr std::uint64_t total = TestFixture::times(500'000);
  std::thread writer([&] {
    for (std::uint64_t sent = 0; sent < total; sent += 50)
      ASSERT_EQ(ring.writer().write(pattern_bytes(sent, 50)).bytes, 50U);
    ring.writer().close();
  });
  std::uint64_t at = 0;
  for (;;) {
    const auto seen = ring.reader().peek(1);
    for (int look = 0; look < 2; ++look) ASSERT_TRUE(matches(seen.data, at));
    ASSERT_FALSE(ring.reader().consume(seen.data.size()));
    at += seen.data.size();
    if (seen.error == errc::end_of_stream) break;
  }
  writer.join();
  EXPECT_EQ(at, total);
}

}  // namespace annulus::testing
