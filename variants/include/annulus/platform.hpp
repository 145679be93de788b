// Everything that a ring asks of the machine, in one policy, so that a memory-model checker can put
// its own atomics, mutexes and futex under the shipped templates.
#pragma once

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <climits>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <mutex>
#include <optional>
#include <thread>

namespace annulus {

/// Two lines, since the adjacent-line prefetcher of x86 pulls lines in pairs.
inline constexpr std::size_t line_bytes = 128;

/// The real machine: std atomics, the Linux futex.
struct std_platform {
  template <class T>
  using atomic = std::atomic<T>;
  using mutex = std::mutex;
  using condition_variable = std::condition_variable;
  using clock = std::chrono::steady_clock;

  /// Sleeps while `word` holds `expected`, until a wake, the deadline or a signal. Orders nothing.
  static void futex_wait(std::atomic<std::uint32_t>& word, std::uint32_t expected,
                         const std::optional<clock::time_point>& deadline) noexcept {
    timespec limit{};
    if (deadline) {
      const auto since = deadline->time_since_epoch();
      const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since);
      limit.tv_sec = static_cast<time_t>(seconds.count());
      limit.tv_nsec = static_cast<long>(std::chrono::nanoseconds(since - seconds).count());
    }
    // FUTEX_WAIT_BITSET takes an absolute CLOCK_MONOTONIC time, which is what steady_clock reads.
    syscall(SYS_futex, address(word), FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, expected,
            deadline ? &limit : nullptr, nullptr, FUTEX_BITSET_MATCH_ANY);
  }

  /// Wakes every thread asleep on `word`. Orders nothing.
  static void futex_wake(std::atomic<std::uint32_t>& word) noexcept {
    syscall(SYS_futex, address(word), FUTEX_WAKE | FUTEX_PRIVATE_FLAG, INT_MAX, nullptr, nullptr,
            0);
  }

  /// Tells the core that this is a spin loop.
  static void relax() noexcept {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("isb");
#endif
  }
  static void yield() noexcept {
    std::this_thread::yield();
  }
  static clock::time_point now() noexcept {
    return clock::now();
  }

 private:
  static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t));
  static std::uint32_t* address(std::atomic<std::uint32_t>& word) noexcept {
    return reinterpret_cast<std::uint32_t*>(&word);
  }
};

}  // namespace annulus
