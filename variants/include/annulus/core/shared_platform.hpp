// The machine as a ring sees it whose two ends lie in different processes.
#pragma once

#include <annulus/core/platform.hpp>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

namespace annulus {

/// As std_platform, with futexes that other processes may wake. The asymmetric barrier of
/// std_platform reaches one process only (membarrier PRIVATE_EXPEDITED), so both sides pay:
/// sequentially consistent stores and loads need no other barrier. No mutex and no condition
/// variable: a process that dies would leave them locked.
struct shared_platform : std_platform {
  static constexpr bool crosses_processes = true;

  using mutex = void;
  using condition_variable = void;

  static constexpr std::memory_order publish = std::memory_order_seq_cst;
  static void light_barrier() noexcept {}
  static std::uint64_t heavy_barrier() noexcept { return 0; }

  /// For a second at most: a peer that means no good can undo the change of a word that a wake
  /// goes with, and a cancel, a close or the end of the watch must be seen all the same.
  static void futex_wait(std::atomic<std::uint32_t>& word, std::uint32_t expected,
                         const std::optional<clock::time_point>& deadline) noexcept {
    const std::optional soon(now() + std::chrono::seconds(1));
    std_platform::futex_wait(word, expected, deadline && *deadline < *soon ? deadline : soon,
                             all_processes);
  }
  static void futex_wake(std::atomic<std::uint32_t>& word) noexcept {
    std_platform::futex_wake(word, all_processes);
  }

 private:
  static constexpr int all_processes = 0;  // no FUTEX_PRIVATE_FLAG
  // Anything else would hide a lock in the process that made it.
  static_assert(std::atomic<std::uint32_t>::is_always_lock_free &&
                std::atomic<std::uint64_t>::is_always_lock_free);
};

}  // namespace annulus
