// A clock that is cheap enough to be read once a round trip.
#pragma once

#include <chrono>
#include <cstdint>
#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace annulus::bench {

/// The time-stamp counter on x86-64 (some 10 ns a reading), elsewhere the steady clock.
struct tick_clock {
  static std::uint64_t now() noexcept {
#if defined(__x86_64__)
    return __rdtsc();
#else
    return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
#endif
  }

  /// Measured against the steady clock, once.
  static double nanoseconds_per_tick() {
#if defined(__x86_64__)
    static const double measured = [] {
      using namespace std::chrono;
      constexpr auto enough = milliseconds(20);
      const auto start = steady_clock::now();
      const auto first = now();
      auto end = start;
      while (end - start < enough) end = steady_clock::now();
      return duration<double, std::nano>(end - start).count() / static_cast<double>(now() - first);
    }();
    return measured;
#else
    return 1e9 * static_cast<double>(std::chrono::steady_clock::period::num) /
           static_cast<double>(std::chrono::steady_clock::period::den);
#endif
  }
};

}  // namespace annulus::bench
