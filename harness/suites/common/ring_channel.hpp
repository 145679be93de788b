// Our rings as channels.
//
// A channel is constructed with a size in bytes and has
//   void write(bytes_view)   blocks until all of it is accepted
//   void read(bytes_span)    blocks until all of it is filled
// for one producer and one consumer thread; and, if it counts, counted().
#pragma once

#include <annulus/contract.hpp>

#include "suites/common/duel.hpp"

namespace annulus::bench {

template <byte_ring Ring>
class ring_channel {
 public:
  explicit ring_channel(std::size_t bytes, const memory_policy& pages = {}) : ring_(bytes, pages) {}

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
