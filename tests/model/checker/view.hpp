// What a thread knows: which stores it may no longer miss, and which events happen before its next.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace annulus::model {

inline constexpr std::size_t max_threads = 6;  // the scenario itself and its fibers
inline constexpr std::size_t max_locations = 32;

/// `seen` is, for each location, the place in its modification order before which nothing may be
/// read any more; `clock` is a vector clock of happens-before. Both travel together: with messages,
/// mutexes and fences.
struct view {
  std::array<std::uint32_t, max_locations> seen{};
  std::array<std::uint32_t, max_threads> clock{};

  void join(const view& other) noexcept {
    for (std::size_t i = 0; i < seen.size(); ++i) seen[i] = std::max(seen[i], other.seen[i]);
    for (std::size_t i = 0; i < clock.size(); ++i) clock[i] = std::max(clock[i], other.clock[i]);
  }
};

}  // namespace annulus::model
