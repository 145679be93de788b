// What goes through a channel: a stream whose every 64-bit word depends on its place, so that a
// lost, repeated, moved or old byte is seen.
#pragma once

#include <annulus/transfer.hpp>
#include <cstddef>
#include <cstdint>

namespace annulus::bench {

inline constexpr std::size_t payload_word_bytes = sizeof(std::uint64_t);
/// Odd, so that no two words of the stream are equal; the bits are the golden ratio's.
inline constexpr std::uint64_t payload_step = 0x9E3779B97F4A7C15;

/// The word of that number, from 0.
constexpr std::uint64_t payload_word(std::uint64_t number) noexcept {
  return (number + 1) * payload_step;
}

/// Writes the stream's bytes from `position` on. Uses the widest vectors that the machine has.
void fill(bytes_span to, std::uint64_t position) noexcept;

/// 0 if `from` holds the stream's bytes from `position` on. Never returns early, so that it costs
/// the same whatever it finds.
std::uint64_t difference(bytes_view from, std::uint64_t position) noexcept;

}  // namespace annulus::bench
