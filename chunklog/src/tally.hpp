// Counts that one thread adds to and any thread reads.
#pragma once

#include <atomic>
#include <cstdint>

namespace annulus::chunklog {

class tally {
 public:
  void add(std::uint64_t n = 1) noexcept { set(get() + n); }
  // Relaxed, as is get(): a count publishes nothing.
  void set(std::uint64_t n) noexcept { count_.store(n, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t get() const noexcept {
    return count_.load(std::memory_order_relaxed);
  }

 private:
  std::atomic<std::uint64_t> count_{0};
};

}  // namespace annulus::chunklog
