// The shapes that move whole segments: no-touch, copy-in, checksum.
#pragma once

#include "suites/pipes/flow.hpp"

namespace annulus::bench {

/// Segments are allocated, advanced and flushed, read and advanced; no byte is touched. What the
/// throughput benchmark of System.IO.Pipelines measures.
struct no_touch {
  static constexpr auto name = "no-touch";

  template <class Channel>
  static measurement run(const setup& given) {
    Channel channel(given.ring_size);
    const auto amount = whole_blocks(given.amount, given.ring_size);
    return counted_flow(
        given, channel, 0, amount, amount / given.ring_size,
        [&](Channel& to, std::uint64_t from, std::uint64_t end, bytes_span) {
          for (auto at = from; at < end; at += given.ring_size) to.pass(given.ring_size);
        },
        [](Channel& from, std::uint64_t start, std::uint64_t end) {
          return consume_all(from, start, end,
                             [](bytes_view, std::uint64_t) { return std::uint64_t{0}; });
        });
  }
};

/// A segment is copied in from a buffer that lies ready, but for its first word, which is made for
/// its place in the stream. The consumer checks that word and touches nothing else.
struct copy_in {
  static constexpr auto name = "copy-in";

  template <class Channel>
  static measurement run(const setup& given) {
    const auto segment = given.ring_size;
    Channel channel(segment);
    const auto amount = whole_blocks(given.amount, given.ring_size);
    return counted_flow(
        given, channel, segment, amount, amount / segment,
        [&](Channel& to, std::uint64_t from, std::uint64_t end, bytes_span source) {
          for (auto at = from; at < end; at += segment) {
            fill(source.first(word), at);
            to.send(source);
          }
        },
        [segment](Channel& from, std::uint64_t start, std::uint64_t end) {
          return consume_all(from, start, end, [=](bytes_view piece, std::uint64_t position) {
            return first_words(piece, position - start, segment, start);
          });
        });
  }

 private:
  static constexpr std::size_t word = sizeof(std::uint64_t);

  // The difference of the words that begin a segment, however it is cut. `offset`: of the piece,
  // from `start` on.
  static std::uint64_t first_words(bytes_view piece, std::uint64_t offset, std::size_t segment,
                                   std::uint64_t start) noexcept {
    std::uint64_t seen = 0;
    auto at = static_cast<std::size_t>((segment - offset % segment) % segment);
    for (; at < piece.size(); at += segment) {
      const auto n = std::min(word, piece.size() - at);
      seen |= difference(piece.subspan(at, n), start + offset + at);
    }
    return seen;
  }
};

/// A segment is made, copied in, and every byte of it checked in place.
struct checksum {
  static constexpr auto name = "checksum";

  template <class Channel>
  static measurement run(const setup& given) {
    const auto segment = given.ring_size;
    Channel channel(segment);
    const auto amount = whole_blocks(given.amount, given.ring_size);
    return counted_flow(
        given, channel, segment, amount, amount / segment,
        [&](Channel& to, std::uint64_t from, std::uint64_t end, bytes_span source) {
          for (auto at = from; at < end; at += segment) {
            fill(source, at);
            to.send(source);
          }
        },
        [](Channel& from, std::uint64_t start, std::uint64_t end) {
          return consume_all(from, start, end, difference);
        });
  }
};

}  // namespace annulus::bench
