// The steady shape: a ring that is never near full or empty, in which nobody has a reason to sleep.
#pragma once

#include "suites/common/ring_channel.hpp"
#include "suites/common/spin_wait.hpp"
#include "suites/common/stream.hpp"

namespace annulus::bench {

/// 4 KiB writes and reads. Each end looks at the ring's fill first and holds off by itself, outside
/// of the ring, so that the fill stays between a quarter and three quarters: whatever call into the
/// kernel is counted then was not needed.
inline constexpr auto shape_steady = "steady";

template <byte_ring Ring>
measurement steady(const setup& given) {
  ring_channel<Ring> channel(given.ring_size);
  constexpr std::size_t piece = shape_c::read;
  const auto quarter = channel.ring().capacity() / 4;
  const auto amount = whole_blocks<shape_c>(given.amount);
  const auto ahead = 2 * quarter / piece * piece;
  const auto produce = [&](std::uint64_t from, std::uint64_t to, bytes_span source) {
    for (auto position = from; position < to; position += piece) {
      for (spin_wait wait; channel.ring().size() + piece > 3 * quarter;) wait();
      fill(source, position);
      channel.write(source);
    }
  };
  flow one = flow_over(channel, piece, piece);
  one.before = [&](std::uint64_t position, bytes_span source) {
    produce(position, position + ahead, source);
  };
  one.produce = [&](std::uint64_t from, std::uint64_t to, bytes_span source) {
    produce(from + ahead, to + ahead, source);
  };
  one.consume = [&](std::uint64_t from, std::uint64_t to, bytes_span target) {
    std::uint64_t seen = 0;
    for (auto position = from; position < to; position += piece) {
      for (spin_wait wait; channel.ring().size() < quarter + piece;) wait();
      channel.read(target);
      seen |= difference(target, position);
    }
    return seen;
  };
  return timed_flow(given, amount, amount / piece, {&one, 1});
}

}  // namespace annulus::bench
