// A ring that is slower on purpose, to see whether a comparison of two builds finds it. Only builds
// with ANNULUS_SLOWED, a percentage from 1 to 90, have it; it is not installed.
#pragma once

#include <annulus/core/platform.hpp>
#include <chrono>

namespace annulus::detail {

static_assert(ANNULUS_SLOWED >= 1 && ANNULUS_SLOWED <= 90);

/// Begins no copy during ANNULUS_SLOWED percent of the time. Both ends of a ring on it stand still
/// at the same moments and then go on as they were, which costs its throughput that part and
/// nothing else: to delay each copy would cost more, since the other end then finds the ring empty
/// or full, and waits.
struct slowed_platform : std_platform {
  static void copy(std::byte* to, const std::byte* from, std::size_t n) noexcept {
    stand_still();
    std_platform::copy(to, from, n);
  }
  static void copy(copy_strategy how, std::byte* to, const std::byte* from,
                   std::size_t n) noexcept {
    stand_still();
    std_platform::copy(how, to, from, n);
  }

 private:
  static void stand_still() noexcept {
    constexpr std::chrono::nanoseconds moving = std::chrono::milliseconds(20);
    constexpr auto whole = moving * 100 / (100 - ANNULUS_SLOWED);
    constexpr unsigned seldom = 8;  // a look costs a twentieth of a piece of 4 KiB
    thread_local unsigned calls = 0;
    if (calls++ % seldom == 0) {
      while (clock::now().time_since_epoch() % whole >= moving) {
      }
    }
  }
};

}  // namespace annulus::detail
