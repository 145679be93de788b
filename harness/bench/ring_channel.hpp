// Our rings as channels.
//
// A channel is constructed with a size in bytes and has
//   void write(bytes_view)   blocks until all of it is accepted
//   void read(bytes_span)    blocks until all of it is filled
// for one producer and one consumer thread.
#pragma once

#include <annulus/contract.hpp>

#include "duel.hpp"

namespace annulus::bench {

template <byte_ring Ring>
class ring_channel {
 public:
  explicit ring_channel(std::size_t bytes) : ring_(bytes) {}

  [[gnu::always_inline]] void write(bytes_view from) {
    if (const auto done = ring_.writer().write(from); done.error) [[unlikely]]
      give_up(done.error.message());
  }
  [[gnu::always_inline]] void read(bytes_span to) {
    if (const auto done = ring_.reader().read(to, to.size()); done.error) [[unlikely]]
      give_up(done.error.message());
  }

  [[nodiscard]] Ring& ring() noexcept { return ring_; }

  /// Calls into the kernel so far, both ends together.
  [[nodiscard]] std::uint64_t kernel_calls() const {
    const auto of = [](const auto& end) {
      if constexpr (requires { end.kernel_calls; }) {
        return static_cast<std::uint64_t>(end.kernel_calls);
      } else {
        return end.parks + end.wakes;
      }
    };
    const auto counted = ring_.stats();
    return of(counted.writer) + of(counted.reader);
  }

 private:
  Ring ring_;
};

}  // namespace annulus::bench
