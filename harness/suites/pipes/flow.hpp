// What the shapes of the pipes have in common: a flow of operations whose allocations and lock
// acquisitions are counted.
#pragma once

#include <annulus/bytes/byte_sequence.hpp>

#include "suites/common/stream.hpp"
#include "suites/pipes/allocations.hpp"
#include "suites/pipes/metrics.hpp"

namespace annulus::bench {

/// Locks that the channel says it took; none, if it does not say.
template <class Channel>
std::uint64_t counted_locks(const Channel& channel) {
  if constexpr (requires { channel.lock_acquisitions(); }) return channel.lock_acquisitions();
  return 0;
}

/// As timed_flow, over `amount` bytes in `operations` operations. `produce` and `consume` are
/// called once each with the channel and the stream positions between which they are to move bytes;
/// `produce` also with `source_bytes` to make them in.
template <class Channel, class Produce, class Consume>
measurement counted_flow(setup given, Channel& channel, std::size_t source_bytes,
                         std::uint64_t amount, std::uint64_t operations, Produce produce,
                         Consume consume) {
  given.ring_size = 2 * pipe_buffering;  // to warm up
  std::uint64_t allocations = 0;
  std::uint64_t allocations_by_consumer = 0;
  std::uint64_t locks = 0;
  flow one = flow_over(channel, source_bytes, 0);
  one.before = [&](std::uint64_t, bytes_span) { locks = counted_locks(channel); };
  one.produce = [&](std::uint64_t from, std::uint64_t to, bytes_span source) {
    const auto before = allocations_of_this_thread().calls;
    produce(channel, from, to, source);
    allocations = allocations_of_this_thread().calls - before;
  };
  one.consume = [&](std::uint64_t from, std::uint64_t to, bytes_span) {
    const auto before = allocations_of_this_thread().calls;
    const auto seen = consume(channel, from, to);
    allocations_by_consumer = allocations_of_this_thread().calls - before;
    return seen;
  };
  auto out = timed_flow(given, amount, operations, {&one, 1});
  const auto count = static_cast<double>(operations);
  out.metrics[operation_ns] = out.seconds * 1e9 / count;
  out.metrics[allocations_per_million] =
      static_cast<double>(allocations + allocations_by_consumer) / count * 1e6;
  if constexpr (requires { channel.lock_acquisitions(); })
    out.metrics[locks_per_operation] = static_cast<double>(counted_locks(channel) - locks) / count;
  return out;
}

/// Calls `check(piece, position)` for each piece that comes from `start` to `end`, and returns all
/// that it found wrong.
template <class Channel, class Check>
std::uint64_t consume_all(Channel& from, std::uint64_t start, std::uint64_t end, Check check) {
  std::uint64_t seen = 0;
  auto position = start;
  while (position < end) {
    const auto there = from.next();
    for (const bytes_view piece : annulus::pieces(there)) {
      seen |= check(piece, position);
      position += piece.size();
    }
    from.consume(there);
  }
  return seen | (position - end);
}

}  // namespace annulus::bench
