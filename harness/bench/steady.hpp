// The steady shape: a ring that is never near full or empty, in which nobody has a reason to sleep.
#pragma once

#include "ring_channel.hpp"
#include "stream.hpp"

namespace annulus::bench {

/// 4 KiB writes and reads. Each end looks at the ring's fill first and holds off by itself, outside
/// of the ring, so that the fill stays between a quarter and three quarters: whatever call into the
/// kernel is counted then was not needed.
struct shape_steady {
  static constexpr auto name = "steady";
};

template <byte_ring Ring>
measurement steady(const setup& given) {
  ring_channel<Ring> channel(given.ring_size);
  constexpr std::size_t piece = shape_c::read;
  const auto quarter = channel.ring().capacity() / 4;
  const auto amount = whole_blocks<shape_c>(given.amount);
  const auto ahead = 2 * quarter / piece * piece;
  buffer source(piece);
  buffer target(piece);
  return timed_flow(
      given, channel, amount, amount / piece, ahead,
      [&](ring_channel<Ring>& to, std::uint64_t from, std::uint64_t end) {
        for (auto position = from; position < end; position += piece) {
          for (spin_wait wait; to.ring().size() + piece > 3 * quarter;) wait();
          fill(source, position);
          to.write(source);
        }
      },
      [&](ring_channel<Ring>& from, std::uint64_t start, std::uint64_t end) {
        std::uint64_t seen = 0;
        for (auto position = start; position < end; position += piece) {
          for (spin_wait wait; from.ring().size() < quarter + piece;) wait();
          seen |= consume<shape_c>(from, position, position + piece, target);
        }
        return seen;
      });
}

}  // namespace annulus::bench
