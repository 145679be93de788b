// Notices two calls of one end at the same time.
#pragma once

#include <atomic>
#include <cstdint>

namespace annulus::pipelines {

/// Whether an end is in a call. A check, not a lock, and as cheap as a load and a store to a line
/// that nobody else writes: it finds every call made while another one waits or runs on, also from
/// within; of two that begin in the same instant it may miss that they do.
template <class Platform>
class occupancy {
 public:
  /// For as long as a call lasts.
  class visit {
   public:
    explicit visit(occupancy& end) noexcept : end_(end), inside_(end.enter()) {}
    visit(const visit&) = delete;
    visit& operator=(const visit&) = delete;
    ~visit() {
      if (inside_) end_.leave();
    }
    [[nodiscard]] bool refused() const noexcept { return !inside_; }

   private:
    occupancy& end_;
    const bool inside_;
  };

  // Relaxed: it orders nothing, callers do.
  [[nodiscard]] bool enter() noexcept {
    if (occupied_.load(std::memory_order_relaxed) != 0) return false;
    occupied_.store(1, std::memory_order_relaxed);
    return true;
  }
  // Release: pairs with the acquire in wait_until_empty(); the last touch of the pipe.
  void leave() noexcept { occupied_.store(0, std::memory_order_release); }

  /// For who destroys the pipe, and has told whoever waits inside to leave.
  void wait_until_empty() const noexcept {
    while (occupied_.load(std::memory_order_acquire) != 0) Platform::yield();  // pairs with leave()
  }

 private:
  typename Platform::template atomic<std::uint32_t> occupied_{0};
};

}  // namespace annulus::pipelines
