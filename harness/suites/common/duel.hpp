// Threads, each on CPUs of its own, that start together.
#pragma once

#include <annulus/core/platform.hpp>
#include <atomic>
#include <chrono>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace annulus::bench {

using clock = std::chrono::steady_clock;

inline double seconds_between(clock::time_point start, clock::time_point end) noexcept {
  return std::chrono::duration<double>(end - start).count();
}

/// Ends the program: one end of a channel failed, and the other may wait for it for ever.
[[noreturn]] void give_up(const std::string& sentence);

/// Where one thread and those that follow it meet before they go on together; may be used again and
/// again.
class start_line {
 public:
  explicit start_line(std::size_t followers = 1) noexcept
      : followers_(static_cast<int>(followers)) {}

  /// A follower's side: waits for the leader.
  void follow() noexcept;
  /// The leader's side: waits for the followers and releases all. Returns the time just before the
  /// release.
  clock::time_point lead() noexcept;

 private:
  alignas(line_bytes) std::atomic<int> arrived_{0};
  alignas(line_bytes) std::atomic<int> released_{0};
  const int followers_;
};

/// What a thread does, and where; no CPUs: where the kernel puts it.
struct party {
  std::span<const int> cpus;
  std::function<void(start_line&)> body;
};

/// Runs all at once, until the last has returned. The first one is to lead the start line, the
/// others to follow. An exception of any ends the program.
void together(std::span<const party> all);

/// Two of them.
void duel(std::span<const int> producer_cpus, std::span<const int> consumer_cpus,
          std::function<void(start_line&)> producer, std::function<void(start_line&)> consumer);

/// Runs `work` on a thread of its own, until it has returned; rethrows what it throws.
void on_cpus(std::span<const int> cpus, const std::function<void()>& work);

}  // namespace annulus::bench
