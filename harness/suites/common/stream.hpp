// Streams through channels as fast as they go: shapes a to d, and the clock and the checks of all
// others.
#pragma once

#include <algorithm>
#include <array>
#include <functional>
#include <numeric>
#include <span>

#include "suites/common/buffer.hpp"
#include "suites/common/measurement.hpp"
#include "suites/common/payload.hpp"

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

/// `bytes` as whole blocks, at least one.
constexpr std::uint64_t whole_blocks(std::uint64_t bytes, std::uint64_t block) noexcept {
  return std::max<std::uint64_t>(1, (bytes + block - 1) / block) * block;
}
template <class Shape>
constexpr std::uint64_t whole_blocks(std::uint64_t bytes) noexcept {
  return whole_blocks(bytes, source_block<Shape>);
}

// The measured loops are not inlined, so that each is compiled by itself, whatever surrounds it.

template <class Shape, class Channel>
[[gnu::noinline]] void produce(Channel& channel, std::uint64_t from, std::uint64_t to,
                               bytes_span source) {
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
[[gnu::noinline]] std::uint64_t consume(Channel& channel, std::uint64_t from, std::uint64_t to,
                                        bytes_span target) {
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

/// What the two ends of a channel do, each function once: move the stream's bytes between two
/// positions. A consumer's returns 0 if it found what was sent.
struct flow {
  using producing = std::function<void(std::uint64_t from, std::uint64_t to, bytes_span source)>;
  using consuming =
      std::function<std::uint64_t(std::uint64_t from, std::uint64_t to, bytes_span target)>;

  /// What an end is given to work in, whose pages it is the first to touch.
  std::size_t source_bytes = 0;
  std::size_t target_bytes = 0;
  std::function<void(std::uint64_t from, std::uint64_t to)> warm_in{};
  std::function<std::uint64_t(std::uint64_t from, std::uint64_t to)> warm_out{};
  /// By the producer, when all is warm and before the clock runs, with the position reached; may be
  /// empty.
  std::function<void(std::uint64_t position, bytes_span source)> before{};
  producing produce{};
  consuming consume{};
  std::function<ring_stats()> counted{};    ///< empty: the channel does not count
  std::function<memory_report()> memory{};  ///< empty: it does not tell
};

/// One through `channel`, but for produce and consume.
template <class Channel>
flow flow_over(Channel& channel, std::size_t source_bytes, std::size_t target_bytes) {
  flow out{.source_bytes = source_bytes, .target_bytes = target_bytes};
  out.warm_in = [&channel](std::uint64_t from, std::uint64_t to) {
    buffer source(source_block<warming>);
    produce<warming>(channel, from, to, source);
  };
  out.warm_out = [&channel](std::uint64_t from, std::uint64_t to) {
    buffer target(warming::read);
    return consume<warming>(channel, from, to, target);
  };
  if constexpr (requires { channel.counted(); })
    out.counted = [&channel] { return channel.counted(); };
  if constexpr (requires { channel.ring().memory(); })
    out.memory = [&channel] { return channel.ring().memory(); };
  return out;
}

/// Warms the channels up, then times all producers against all consumers over `amount` bytes each.
/// `writes` is how many calls of one producer that takes. Throws corruption.
measurement timed_flow(const setup& given, std::uint64_t amount, std::uint64_t writes,
                       std::span<flow> pairs);

/// Throws corruption unless `seen` is 0.
void refuse_corruption(std::uint64_t seen);

template <class Shape, class Channel>
measurement stream(const setup& given) {
  Channel channel(given.ring_size);
  flow one = flow_over(channel, source_block<Shape>, std::max(Shape::read, least_block));
  one.produce = [&](std::uint64_t from, std::uint64_t to, bytes_span source) {
    produce<Shape>(channel, from, to, source);
  };
  one.consume = [&](std::uint64_t from, std::uint64_t to, bytes_span target) {
    return consume<Shape>(channel, from, to, target);
  };
  const auto amount = whole_blocks<Shape>(given.amount);
  return timed_flow(given, amount, amount / round_bytes<Shape> * Shape::writes.size(), {&one, 1});
}

}  // namespace annulus::bench
