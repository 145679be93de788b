// Shape e: the stream of shape d, made and checked in the ring's own memory.
#pragma once

#include "ring_channel.hpp"
#include "stream.hpp"

namespace annulus::bench {

struct shape_e {
  static constexpr auto name = "e";
};

template <byte_ring Ring>
void produce_in_place(Ring& ring, std::uint64_t from, std::uint64_t to, std::size_t piece) {
  for (auto position = from; position < to;) {
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(piece, to - position));
    const auto got = ring.writer().reserve(n);
    if (got.error) give_up(got.error.message());
    const auto memory = got.memory.prefix(n);
    fill(memory.first, position);
    fill(memory.second, position + memory.first.size());
    if (const auto error = ring.writer().commit(n)) give_up(error.message());
    position += n;
  }
}

template <byte_ring Ring>
std::uint64_t consume_in_place(Ring& ring, std::uint64_t from, std::uint64_t to,
                               std::size_t piece) {
  std::uint64_t seen = 0;
  for (auto position = from; position < to;) {
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(piece, to - position));
    const auto got = ring.reader().peek(n);
    if (got.error) give_up(got.error.message());
    const auto memory = got.data.prefix(n);
    seen |= difference(memory.first, position);
    seen |= difference(memory.second, position + memory.first.size());
    if (const auto error = ring.reader().consume(n)) give_up(error.message());
    position += n;
  }
  return seen;
}

/// Hash and shard are reserved at once. Neither end asks for more than half of the ring, so that
/// one can fill while the other checks.
template <byte_ring Ring>
measurement in_place(const setup& given) {
  constexpr auto together = round_bytes<shape_d>;
  ring_channel<Ring> channel(given.ring_size);
  const auto half = channel.ring().limit() / 2;
  const auto in = std::min(together, half);
  const auto out = std::min(shape_d::read, half);
  const auto amount = whole_blocks<shape_d>(given.amount);
  return timed_flow(
      given, channel, amount, amount / together * shape_d::writes.size(), 0,
      [&](ring_channel<Ring>& to, std::uint64_t from, std::uint64_t end) {
        produce_in_place(to.ring(), from, end, in);
      },
      [&](ring_channel<Ring>& from, std::uint64_t start, std::uint64_t end) {
        return consume_in_place(from.ring(), start, end, out);
      });
}

}  // namespace annulus::bench
