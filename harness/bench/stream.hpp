// Shapes a to d: a stream through a channel as fast as it goes.
#pragma once

#include <algorithm>
#include <array>
#include <numeric>

#include "buffer.hpp"
#include "duel.hpp"
#include "measurement.hpp"
#include "payload.hpp"

namespace annulus::bench {

struct shape_a {
  static constexpr auto name = "a";
  static constexpr std::array<std::size_t, 1> writes{64};
  static constexpr std::size_t read = 64 << 10;
};
struct shape_b {
  static constexpr auto name = "b";
  static constexpr std::array<std::size_t, 1> writes{64};
  static constexpr std::size_t read = 64;
};
struct shape_c {
  static constexpr auto name = "c";
  static constexpr std::array<std::size_t, 1> writes{4 << 10};
  static constexpr std::size_t read = 4 << 10;
};
/// A bitrot hash, then a shard.
struct shape_d {
  static constexpr auto name = "d";
  static constexpr std::array<std::size_t, 2> writes{32, 128 << 10};
  static constexpr std::size_t read = 64 << 10;
};
/// How the memory of a channel is touched before the clock runs.
struct warming {
  static constexpr std::array<std::size_t, 1> writes{64 << 10};
  static constexpr std::size_t read = 64 << 10;
};

/// Small messages are filled and checked this many bytes at a time: a buffer that was just stored
/// word by word and is at once loaded whole stalls the core, which would hide the channel.
inline constexpr std::size_t least_block = 16 << 10;

/// The bytes of one round of a shape's writes.
template <class Shape>
inline constexpr std::size_t round_bytes = std::accumulate(Shape::writes.begin(),
                                                           Shape::writes.end(), std::size_t{0});

/// The bytes that a producer fills at a time: whole rounds.
template <class Shape>
inline constexpr std::size_t source_block =
    round_bytes<Shape>* std::max<std::size_t>(1, least_block / round_bytes<Shape>);

/// `bytes` as whole source blocks, at least one.
template <class Shape>
constexpr std::uint64_t whole_blocks(std::uint64_t bytes) noexcept {
  constexpr auto block = source_block<Shape>;
  return std::max<std::uint64_t>(1, (bytes + block - 1) / block) * block;
}

template <class Shape, class Channel>
void produce(Channel& channel, std::uint64_t from, std::uint64_t to, bytes_span source) {
  for (auto position = from; position < to; position += source_block<Shape>) {
    fill(source.first(source_block<Shape>), position);
    for (std::size_t at = 0; at < source_block<Shape>;) {
      for (const std::size_t n : Shape::writes) {
        channel.write(source.subspan(at, n));
        at += n;
      }
    }
  }
}

/// 0 if all that came from `from` to `to` is what was sent.
template <class Shape, class Channel>
std::uint64_t consume(Channel& channel, std::uint64_t from, std::uint64_t to, bytes_span target) {
  constexpr auto block = std::max(Shape::read, least_block);
  std::uint64_t seen = 0;
  for (auto position = from; position < to;) {
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(block, to - position));
    for (std::size_t at = 0; at < n; at += Shape::read) {
      channel.read(target.subspan(at, std::min(Shape::read, n - at)));
    }
    seen |= difference(target.first(n), position);
    position += n;
  }
  return seen;
}

/// Calls into the kernel that the channel counts; none, if it does not count.
template <class Channel>
std::uint64_t counted_kernel_calls(const Channel& channel) {
  if constexpr (requires { channel.kernel_calls(); }) return channel.kernel_calls();
  return 0;
}

inline void refuse_corruption(std::uint64_t seen) {
  if (seen != 0) throw corruption("the bytes that arrived are not those that were sent");
}

/// Warms the channel up, then times `produce` against `consume` over `amount` bytes, of which the
/// producer has sent `ahead` before the clock runs. Both are called with the channel and a range of
/// stream positions; `consume` returns 0 if it found what was sent. `writes` is how many calls the
/// amount takes.
template <class Channel, class Produce, class Consume>
measurement timed_flow(const setup& given, Channel& channel, std::uint64_t amount,
                       std::uint64_t writes, std::uint64_t ahead, Produce produce,
                       Consume consume) {
  const auto start = whole_blocks<warming>(given.ring_size);
  const auto end = start + amount;
  clock::time_point released;
  clock::time_point finished;
  std::uint64_t calls = 0;
  std::uint64_t seen = 0;
  duel(
      given.cpus,
      [&](start_line& line) {
        buffer source(source_block<warming>);
        bench::produce<warming>(channel, 0, start, source);
        line.lead();
        produce(channel, start, start + ahead);
        calls = counted_kernel_calls(channel);
        released = line.lead();
        produce(channel, start + ahead, end + ahead);
      },
      [&](start_line& line) {
        buffer target(warming::read);
        seen |= bench::consume<warming>(channel, 0, start, target);
        line.follow();
        line.follow();
        seen |= consume(channel, start, end);
        finished = clock::now();
      });
  refuse_corruption(seen);
  measurement out{seconds_between(released, finished), amount, {}};
  out.metrics[bytes_per_second] = static_cast<double>(amount) / out.seconds;
  out.metrics[writes_per_second] = static_cast<double>(writes) / out.seconds;
  if constexpr (requires { channel.kernel_calls(); }) {
    out.metrics[kernel_calls] = static_cast<double>(counted_kernel_calls(channel) - calls) /
                                static_cast<double>(writes) * 1e6;
  }
  return out;
}

template <class Shape, class Channel>
measurement stream(const setup& given) {
  Channel channel(given.ring_size);
  buffer source(source_block<Shape>);
  buffer target(std::max(Shape::read, least_block));
  const auto amount = whole_blocks<Shape>(given.amount);
  return timed_flow(
      given, channel, amount, amount / round_bytes<Shape> * Shape::writes.size(), 0,
      [&](Channel& to, std::uint64_t from, std::uint64_t end) {
        produce<Shape>(to, from, end, source);
      },
      [&](Channel& from, std::uint64_t start, std::uint64_t end) {
        return consume<Shape>(from, start, end, target);
      });
}

}  // namespace annulus::bench
