// A ring may be destroyed while an end waits: that end gets errc::destroyed and leaves first.
#include <optional>

#include "suite.hpp"

namespace annulus::testing {

template <class Ring>
class destruction : public suite<Ring> {
 protected:
  static constexpr std::uint64_t rounds = 200;
  // Runs `call(ring)` on another thread and destroys the ring once that end waits in it.
  template <class Call>
  void destroyed_while(bool full, end_stats ring_stats::*end, Call call) {
    for (std::uint64_t i = 0; i < this->times(rounds); ++i) {
      std::optional<Ring> ring(std::in_place, 64U);
      if (full) this->put(*ring, ring->limit());
      std::error_code result;
      std::thread waiter([&, &target = *ring] { result = call(target); });
      while ((ring->stats().*end).waits == 0) std::this_thread::yield();
      ring.reset();
      waiter.join();
      ASSERT_EQ(result, errc::destroyed) << result.message();
    }
  }
};
TYPED_TEST_SUITE(destruction, ring_types, ring_names);

TYPED_TEST(destruction, while_a_read_waits) {
  this->destroyed_while(false, &ring_stats::reader, [](auto& ring) {
    std::byte byte{};
    return ring.reader().read({&byte, 1}).error;
  });
}

TYPED_TEST(destruction, while_a_forced_fill_waits) {
  this->destroyed_while(true, &ring_stats::reader, [](auto& ring) {
    std::vector<std::byte> got(10 * ring.limit());
    return ring.reader().read(got, got.size()).error;
  });
}

TYPED_TEST(destruction, while_a_peek_waits) {
  this->destroyed_while(false, &ring_stats::reader,
                        [](auto& ring) { return ring.reader().peek(5).error; });
}

TYPED_TEST(destruction, while_a_write_waits) {
  this->destroyed_while(true, &ring_stats::writer,
                        [](auto& ring) { return ring.writer().write(pattern_bytes(0, 9)).error; });
}

TYPED_TEST(destruction, while_a_reservation_waits) {
  this->destroyed_while(true, &ring_stats::writer,
                        [](auto& ring) { return ring.writer().reserve(1).error; });
}

TYPED_TEST(destruction, while_a_drain_waits) {
  this->destroyed_while(true, &ring_stats::writer,
                        [](auto& ring) { return ring.writer().drain(); });
}

TYPED_TEST(destruction, while_a_wait_with_a_deadline_and_a_token) {
  std::stop_source source;
  this->destroyed_while(false, &ring_stats::reader, [&](auto& ring) {
    std::byte byte{};
    return ring.reader()
        .read({&byte, 1}, 1, until(until::clock::now() + 1h, source.get_token()))
        .error;
  });
}

TYPED_TEST(destruction, an_earlier_error_stays_the_first) {
  const auto error = std::make_error_code(std::errc::io_error);
  for (std::uint64_t i = 0; i < this->times(TestFixture::rounds); ++i) {
    std::optional<TypeParam> ring(std::in_place, 64U);
    std::error_code result;
    std::thread waiter([&, &target = *ring] { result = target.reader().peek(1).error; });
    while (ring->stats().reader.waits == 0) std::this_thread::yield();
    ring->writer().close(error);
    ring.reset();
    waiter.join();
    ASSERT_EQ(result, error) << result.message();
  }
}

}  // namespace annulus::testing
