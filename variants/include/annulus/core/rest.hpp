// What an end does while it waits: for how long it spins, and what it does when that has not
// helped.
#pragma once

#include <algorithm>
#include <annulus/core/platform.hpp>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>

namespace annulus {

/// Spins at most as long as sleeping would cost in CPU time, which is measured, and not at all
/// where the waits of late have been longer than that: the 2-competitive rule of Karlin, Li,
/// Manasse and Owicki (SOSP 1991), tuned by experience. Nor while other threads want the core, whom
/// that rule does not know. Belongs to one end; O(1).
template <class Platform>
class spin_budget {
 public:
  using duration = std::chrono::nanoseconds;
  using time_point = typename Platform::clock::time_point;

  [[nodiscard]] bool is_spent() const noexcept { return budget_ <= duration{}; }

  /// Looks until `ready()`, as long as it pays from `start` on. True if it was. `last` knows who
  /// was the last to wake this end: while he sleeps himself, at another ring, nothing will come.
  template <class Wake, class Ready>
  bool spin(time_point start, const Wake& last, Ready ready) const {
    if (is_spent()) return false;
    while (Platform::demand::has_cores() && !last.is_waker_asleep() &&
           Platform::now() - start < budget_) {
      for (int i = 0; i < looks_per_clock; ++i) {
        if (ready()) return true;
        Platform::doze();
      }
    }
    return false;
  }

  /// A wait that began at `start` is over. `last` knows what a wake costs whoever wakes, and when
  /// that was: what a sleep takes to end is not part of the wait, but of what a sleep costs.
  template <class Wake>
  void learn(time_point start, const Wake& last) noexcept {
    const auto now = Platform::now();
    const auto woken = last.at();
    const bool was_woken = woken > start && woken <= now;
    // Where another thread has the core it says nothing of the wake.
    if (was_woken && Platform::demand::has_cores()) learn_delay(now - woken);
    const duration total = (was_woken ? woken : now) - start;
    const duration park = last.cost() + delay_;
    const auto worth = total <= park ? std::min(2 * total, park) : duration{};
    budget_ = (3 * budget_ + worth) / 4;
  }

  /// How long a sleeper may wait for a batch rather than be woken for less.
  [[nodiscard]] duration patience() const noexcept { return patience_; }
  /// A second at most.
  void set_patience(duration patience) noexcept {
    patience_ = std::clamp<duration>(patience, duration{}, std::chrono::seconds(1));
  }

  /// Whether it is worth trying: where it was of no use lately, one sleep in so many only.
  [[nodiscard]] bool may_be_patient() noexcept {
    if (patience_ <= duration{}) return false;
    if (skipped_ < to_skip_) {
      ++skipped_;
      return false;
    }
    return true;
  }
  void was_patient() noexcept { to_skip_ = 0; }
  void was_patient_for_nothing() noexcept {
    to_skip_ = std::min(2 * to_skip_ + 1, 127);
    skipped_ = 0;
  }

 private:
  static constexpr int looks_per_clock = 8;

  // One that lasts much longer than it used to was not the wake's: another thread had the core.
  void learn_delay(duration took) noexcept {
    delay_ += (std::min(took, 4 * delay_ + duration(100)) - delay_) / 4;
  }

  duration patience_ = Platform::patience;
  int to_skip_ = 0;
  int skipped_ = 0;
  duration budget_ = Platform::first_budget;
  duration delay_ = Platform::first_budget / 2;  // from a wake to when the sleeper runs
};

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

/// What whoever wakes tells the sleeper: who and when it was, and what its part costs in processor
/// time (a waker that loses its core meanwhile takes longer, but that is no cost of the wake). It
/// publishes nothing, so relaxed. In memory that processes share a peer may have written anything,
/// so what is read is cut to what is worth knowing: no spin pays for a wake of a millisecond.
template <class Platform>
class wake_record {
 public:
  template <class Wake>
  void time(Wake wake) noexcept {
    if constexpr (!crosses_processes<Platform>) {
      waker_.store(Platform::demand::self(), std::memory_order_relaxed);
      Platform::demand::rouses(sleeper_.load(std::memory_order_relaxed));
    }
    at_.store(Platform::now().time_since_epoch().count(), std::memory_order_relaxed);
    // Not each time: the question is a system call.
    if (count_.fetch_add(1, std::memory_order_relaxed) % seldom != 0) return wake();
    const std::chrono::nanoseconds start = Platform::processor_time();
    wake();
    const auto took = (Platform::processor_time() - start).count();
    const auto known = usual();
    took_.store(known + (took - known) / 4, std::memory_order_relaxed);
  }
  /// By the calling thread, before it sleeps.
  void sleeps() noexcept { sleeper_.store(Platform::demand::self(), std::memory_order_relaxed); }
  /// Whether the thread that made the last wake sleeps by now. Of another process nobody knows.
  [[nodiscard]] bool is_waker_asleep() const noexcept {
    if constexpr (crosses_processes<Platform>) return false;
    return Platform::demand::is_asleep(waker_.load(std::memory_order_relaxed));
  }
  /// What the wakes of late have cost.
  [[nodiscard]] std::chrono::nanoseconds cost() const noexcept {
    return std::chrono::nanoseconds(usual());
  }
  /// When the sleeper was last woken; what a sleep takes to end is not part of the wait.
  [[nodiscard]] typename Platform::clock::time_point at() const noexcept {
    return typename Platform::clock::time_point(
        typename Platform::clock::duration(at_.load(std::memory_order_relaxed)));
  }

 private:
  static constexpr std::int64_t longest = 1'000'000;
  static constexpr std::uint32_t seldom = 8;

  [[nodiscard]] std::int64_t usual() const noexcept {
    return std::clamp<std::int64_t>(took_.load(std::memory_order_relaxed), 0, longest);
  }

  std::atomic<std::int64_t> took_{Platform::first_budget.count() / 2};
  std::atomic<std::int64_t> at_{0};
  std::atomic<std::uint32_t> count_{0};
  std::atomic<std::uint32_t> waker_{0}, sleeper_{0};
};

/// Sleeps on a futex. A wake makes every earlier ticket void before it enters the kernel, which
/// does not let anybody sleep on a void ticket; and it enters the kernel only if somebody sleeps.
/// Any number of threads may.
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
    record_.sleeps();
    if constexpr (is_told_of_sleepers) {
      // Sequentially consistent, as the bump and the look in rouse(): either this sees the bump, or
      // that the sleeper.
      asleep_.fetch_add(1, std::memory_order_seq_cst);
      const bool is_void = epoch_.load(std::memory_order_seq_cst) != ticket;
      if (!is_void) Platform::futex_wait(epoch_, ticket, deadline);
      // Relaxed: who sees it late makes a wake that nobody needs.
      asleep_.fetch_add(~std::uint32_t{0}, std::memory_order_relaxed);  // one less
      return is_void ? 0 : 1;
    } else {
      Platform::futex_wait(epoch_, ticket, deadline);
      return 1;
    }
  }
  std::uint64_t rouse() noexcept {
    // At least release: pairs with the acquire in ticket(). More: see sleep().
    epoch_.fetch_add(1, std::memory_order_seq_cst);
    if constexpr (is_told_of_sleepers) {
      if (asleep_.load(std::memory_order_seq_cst) == 0) return 0;
    }
    record_.time([this] { Platform::futex_wake(epoch_); });
    return 1;
  }
  [[nodiscard]] const auto& last_wake() const noexcept { return record_; }

 private:
  // Not of one in another process: whoever is about to wake it may die before it does.
  static constexpr bool is_told_of_sleepers = !crosses_processes<Platform>;

  typename Platform::template atomic<std::uint32_t> epoch_{0};
  typename Platform::template atomic<std::uint32_t> asleep_{0};  // how many
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
    record_.sleeps();
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
