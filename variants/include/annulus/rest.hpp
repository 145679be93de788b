// What a waiting end does once spinning has not helped.
#pragma once

#include <algorithm>
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

/// What whoever wakes tells the sleeper: when it did, and how long its part took. It publishes
/// nothing, so relaxed. In memory that processes share a peer may have written anything, so what is
/// read is cut to what is worth knowing: no spin pays for a wake of a millisecond.
template <class Platform>
class wake_record {
 public:
  template <class Wake>
  void time(Wake wake) noexcept {
    const auto start = Platform::now();
    at_.store(start.time_since_epoch().count(), std::memory_order_relaxed);
    wake();
    const std::chrono::nanoseconds took = Platform::now() - start;
    const auto known = usual();
    took_.store(known + (took.count() - known) / 8, std::memory_order_relaxed);
  }
  /// What a sleep costs in CPU time: the wakes of late, and as much again on the sleeper's side.
  [[nodiscard]] std::chrono::nanoseconds cost() const noexcept {
    return std::chrono::nanoseconds(2 * usual());
  }
  /// When the sleeper was last woken; what a sleep takes to end is not part of the wait.
  [[nodiscard]] typename Platform::clock::time_point at() const noexcept {
    return typename Platform::clock::time_point(
        typename Platform::clock::duration(at_.load(std::memory_order_relaxed)));
  }

 private:
  static constexpr std::int64_t longest = 1'000'000;

  [[nodiscard]] std::int64_t usual() const noexcept {
    return std::clamp<std::int64_t>(took_.load(std::memory_order_relaxed), 0, longest);
  }

  std::atomic<std::int64_t> took_{Platform::first_budget.count() / 2};
  std::atomic<std::int64_t> at_{0};
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
    record_.time([this] { Platform::futex_wake(epoch_); });
    return 1;
  }
  [[nodiscard]] const auto& last_wake() const noexcept { return record_; }

 private:
  typename Platform::template atomic<std::uint32_t> epoch_{0};
  wake_record<Platform> record_;
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
    if (epoch_ != ticket) return 1;
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
    record_.time([this] { wake_.notify_one(); });
    return 1;
  }
  [[nodiscard]] const auto& last_wake() const noexcept { return record_; }

 private:
  mutable typename Platform::mutex mutex_;
  typename Platform::condition_variable wake_;
  typename Platform::template var<std::uint32_t> epoch_{0};
  wake_record<Platform> record_;
};

}  // namespace annulus
