// Our rings as channels.
//
// A channel is constructed with a size in bytes and has
//   void write(bytes_view)   blocks until all of it is accepted
//   void read(bytes_span)    blocks until all of it is filled
// for one producer and one consumer thread; and, if it counts, counted().
#pragma once

#include <annulus/contract.hpp>

#include "suites/common/duel.hpp"
#include "suites/common/measurement.hpp"

namespace annulus::bench {

/// One that chooses by itself how it copies and when it wakes.
template <class Ring>
concept adapting_ring = requires(Ring& ring, copy_pair copies, std::chrono::microseconds patience) {
  ring.fix_copies(copies);
  ring.moderate_wakes(patience);
};

template <byte_ring Ring>
class ring_channel {
 public:
  explicit ring_channel(std::size_t bytes, const memory_policy& pages = memory_policy::usual())
      : ring_(bytes, pages) {}
  explicit ring_channel(const setup& given) : ring_channel(given.ring_size, given.pages) {
    if constexpr (adapting_ring<Ring>) {
      if (given.copies) ring_.fix_copies(*given.copies);
      if (given.patience) ring_.moderate_wakes(*given.patience);
    }
  }

  [[gnu::always_inline]] void write(bytes_view from) {
    if (const auto done = ring_.writer().write(from); done.error) [[unlikely]]
      give_up(done.error.message());
  }
  [[gnu::always_inline]] void read(bytes_span to) {
    if (const auto done = ring_.reader().read(to, to.size()); done.error) [[unlikely]]
      give_up(done.error.message());
  }

  [[nodiscard]] Ring& ring() noexcept { return ring_; }
  [[nodiscard]] ring_stats counted() const { return ring_.stats(); }

 private:
  Ring ring_;
};

}  // namespace annulus::bench
