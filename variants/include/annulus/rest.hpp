// What a waiting end does once spinning has not helped.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>

namespace annulus {

/// Goes on spinning.
template <class Platform>
class no_rest {
 public:
  static constexpr bool sleeps = false;
  /// Returns the number of kernel calls made, as every call here does.
  std::uint64_t pause() noexcept {
    Platform::relax();
    return 0;
  }
  std::uint64_t rouse() noexcept { return 0; }
};

/// Offers the core to whoever else can run.
template <class Platform>
class yield_rest {
 public:
  static constexpr bool sleeps = false;
  std::uint64_t pause() noexcept {
    Platform::yield();
    return 1;
  }
  std::uint64_t rouse() noexcept { return 0; }
};

/// What a sleep with its wake costs in CPU time: twice what the wakes of late took, one half for
/// the sleeper. Written by whoever wakes, read by the sleeper; it publishes nothing, so relaxed.
template <class Platform>
class park_cost {
 public:
  template <class Wake>
  void time(Wake wake) noexcept {
    const auto start = Platform::now();
    wake();
    const std::chrono::nanoseconds took = Platform::now() - start;
    const auto known = cost_.load(std::memory_order_relaxed);
    cost_.store(known + (2 * took.count() - known) / 8, std::memory_order_relaxed);
  }
  [[nodiscard]] std::chrono::nanoseconds get() const noexcept {
    return std::chrono::nanoseconds(cost_.load(std::memory_order_relaxed));
  }

 private:
  std::atomic<std::int64_t> cost_{Platform::first_budget.count()};
};

/// Sleeps on a futex. A wake makes every earlier ticket void before it enters the kernel, which
/// does not let anybody sleep on a void ticket.
template <class Platform>
class futex_rest {
 public:
  static constexpr bool sleeps = true;

  // Acquire: pairs with the bump in rouse(). If the bump is seen, so is what it announced; if not,
  // futex_wait returns at once.
  [[nodiscard]] std::uint32_t ticket() const noexcept {
    return epoch_.load(std::memory_order_acquire);
  }
  template <class Deadline>
  std::uint64_t sleep(std::uint32_t ticket, const Deadline& deadline) noexcept {
    Platform::futex_wait(epoch_, ticket, deadline);
    return 1;
  }
  std::uint64_t rouse() noexcept {
    epoch_.fetch_add(1, std::memory_order_release);  // pairs with the acquire in ticket()
    cost_.time([this] { Platform::futex_wake(epoch_); });
    return 1;
  }
  [[nodiscard]] std::chrono::nanoseconds cost() const noexcept { return cost_.get(); }

 private:
  typename Platform::template atomic<std::uint32_t> epoch_{0};
  park_cost<Platform> cost_;
};

/// Sleeps on a condition variable, with tickets as above.
template <class Platform>
class condvar_rest {
 public:
  static constexpr bool sleeps = true;

  [[nodiscard]] std::uint32_t ticket() const noexcept {
    const std::unique_lock held(mutex_);
    return epoch_;
  }
  template <class Deadline>
  std::uint64_t sleep(std::uint32_t ticket, const Deadline& deadline) {
    std::unique_lock held(mutex_);
    if (epoch_ != ticket) return 0;
    if (deadline) {
      wake_.wait_until(held, *deadline);
    } else {
      wake_.wait(held);
    }
    return 1;
  }
  std::uint64_t rouse() noexcept {
    {
      const std::unique_lock held(mutex_);
      epoch_ = epoch_ + 1;
    }
    cost_.time([this] { wake_.notify_one(); });
    return 1;
  }
  [[nodiscard]] std::chrono::nanoseconds cost() const noexcept { return cost_.get(); }

 private:
  mutable typename Platform::mutex mutex_;
  typename Platform::condition_variable wake_;
  typename Platform::template var<std::uint32_t> epoch_{0};
  park_cost<Platform> cost_;
};

}  // namespace annulus
