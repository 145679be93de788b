// Destruction while an end still waits: rings of the field free the mutex or the futex that a
// waiter is still in. Here the waiter gets errc::destroyed and leaves first; the sanitizers watch.
#include <optional>
#include <thread>
#include <vector>

#include "support/stream.hpp"
#include "support/suite.hpp"

namespace annulus::testing {

template <class Ring>
class destroyed : public suite<Ring> {};
TYPED_TEST_SUITE(destroyed, ring_types, ring_names);

// Both ends of a pipeline of two rings wait at once, one for bytes and one for room.
TYPED_TEST(destroyed, while_both_ends_of_a_pipeline_wait) {
  for (std::uint64_t i = 0; i < this->times(300); ++i) {
    std::optional<TypeParam> from(std::in_place, 64U);
    std::optional<TypeParam> to(std::in_place, 64U);
    this->put(*to, to->limit());
    std::error_code read_end;
    std::error_code write_end;
    std::thread reader([&, &ring = *from] {
      std::byte byte{};
      read_end = ring.reader().read({&byte, 1}).error;
    });
    std::thread writer(
        [&, &ring = *to] { write_end = ring.writer().write(pattern_bytes(0, 100)).error; });
    while (from->stats().reader.waits == 0 || to->stats().writer.waits == 0)
      std::this_thread::yield();
    from.reset();
    to.reset();
    reader.join();
    writer.join();
    ASSERT_EQ(read_end, errc::destroyed) << read_end.message();
    ASSERT_EQ(write_end, errc::destroyed) << write_end.message();
  }
}

// A waiter that has just been satisfied may still be inside the ring when that goes.
TYPED_TEST(destroyed, right_after_the_last_byte) {
  for (std::uint64_t i = 0; i < this->times(1000); ++i) {
    std::optional<TypeParam> ring(std::in_place, 64U);
    std::thread reader([&, &target = *ring] {
      std::byte byte{};
      const auto step = target.reader().read({&byte, 1});
      EXPECT_TRUE(step.bytes == 1 || step.error == errc::destroyed) << step.error.message();
    });
    while (ring->stats().reader.waits == 0) std::this_thread::yield();
    this->put(*ring, 1);
    ring.reset();
    reader.join();
  }
}

}  // namespace annulus::testing
