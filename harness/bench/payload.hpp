// What goes through a channel: a stream whose every 64-bit word depends on its place, so that a
// lost, repeated, moved or old byte is seen.
#pragma once

#include <annulus/transfer.hpp>
#include <cstddef>
#include <cstdint>

namespace annulus::bench {

/// Writes the stream's bytes from `position` on. Uses the widest vectors that the machine has.
void fill(bytes_span to, std::uint64_t position) noexcept;

/// 0 if `from` holds the stream's bytes from `position` on. Never returns early, so that it costs
/// the same whatever it finds.
std::uint64_t difference(bytes_view from, std::uint64_t position) noexcept;

}  // namespace annulus::bench
