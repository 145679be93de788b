// One mutex and a condition variable for each end: the coordination of the rings that lock.
#pragma once

#include <annulus/core/platform.hpp>
#include <annulus/error.hpp>
#include <annulus/stats.hpp>
#include <annulus/until.hpp>
#include <array>
#include <mutex>
#include <stop_token>
#include <system_error>
#include <utility>

namespace annulus {

/// Hoare's monitor for one producer and one consumer. A sleeper is notified only if there is one,
/// and re-checks its condition itself, so spurious wakes are harmless. An armed waker is notified
/// once the lock is free, since it may call the ring again.
template <class Platform>
class monitor {
 public:
  class seat;

  /// The lock held, with the wakers to notify when it is given up.
  class lock {
   public:
    explicit lock(typename Platform::mutex& mutex, int looks = 0)
        : held_(mutex, std::defer_lock), looks_(looks) {
      acquire();
    }
    lock(const lock&) = delete;
    lock& operator=(const lock&) = delete;
    ~lock() {
      if (held_.owns_lock()) unlock();
    }
    void acquire() {
      // A checker's mutex has no other way in than to lock it.
      if constexpr (requires { std::declval<typename Platform::mutex&>().try_lock(); }) {
        for (int i = 0; i < looks_; ++i) {
          if (held_.try_lock()) return;
          Platform::relax();
        }
      }
      held_.lock();
    }
    [[nodiscard]] bool owes_notice() const noexcept { return due_[0] != nullptr; }
    void unlock() {
      held_.unlock();
      for (auto& due : due_) {
        if (auto* const who = std::exchange(due, nullptr)) who->notify();
      }
    }

   private:
    friend monitor;
    friend seat;
    std::unique_lock<typename Platform::mutex> held_;
    int looks_;
    std::array<waker*, 2> due_{};
  };

  /// Where one end waits; guarded by the monitor's mutex.
  class seat {
   public:
    /// Wakes the sleeper or has the armed waker notified, if there is either. True if there was.
    bool notify(lock& held) noexcept {
      if (armed_ != nullptr) {
        (held.due_[0] == nullptr ? held.due_[0] : held.due_[1]) = std::exchange(armed_, nullptr);
        return true;
      }
      if (!std::exchange(taken_, false)) return false;
      Platform::demand::rouses(sleeper_);
      wake_.notify_one();
      return true;
    }
    [[nodiscard]] bool has_sleeper() const noexcept { return taken_; }
    void arm(waker& who) noexcept { armed_ = &who; }
    /// Takes `who` back. False if it has been notified, or is about to be.
    bool disarm(waker& who) noexcept {
      if (armed_ != &who) return false;
      armed_ = nullptr;
      return true;
    }

   private:
    friend monitor;
    typename Platform::condition_variable wake_;
    waker* armed_ = nullptr;
    bool taken_ = false;
    std::uint32_t sleeper_ = 0;
  };

  /// `looks` at a lock that is taken come before the thread sleeps for it. They pay where everybody
  /// gives it up soon: to sleep and to be woken takes many times as long.
  explicit monitor(int looks = 0) noexcept : looks_(looks) {}

  [[nodiscard]] lock enter() const { return lock(mutex_, looks_); }

  /// Sleeps in `where` until `ready()`, the limit or a cancel. `held` is locked before and after;
  /// it is unlocked meanwhile, also once before `ready()` is looked at.
  template <class Ready>
  std::error_code wait(lock& held, seat& where, Ready ready, const until& limit,
                       end_counters<Platform>& counters) const {
    return timed(counters, [&] { return sleep(held, where, ready, limit, counters); });
  }
  /// The same as part of a longer wait, which is the one that counts.
  template <class Ready>
  std::error_code sleep(lock& held, seat& where, Ready ready, const until& limit,
                        end_counters<Platform>& counters) const {
    if (!limit.token().stop_possible()) return keep_asleep(held, where, ready, limit, counters);
    // A callback may run inside its own constructor, and its destructor waits for it: neither with
    // the lock.
    held.unlock();
    std::error_code result;
    {
      const std::stop_callback on_stop(limit.token(), [this, &where] {
        auto inside = enter();
        where.notify(inside);
      });
      held.acquire();
      result = keep_asleep(held, where, ready, limit, counters);
      held.unlock();
    }
    held.acquire();
    return result;
  }

 private:
  template <class Ready>
  static std::error_code keep_asleep(lock& held, seat& where, Ready ready, const until& limit,
                                     end_counters<Platform>& counters) {
    for (;;) {
      if (ready()) return {};
      if (const auto over = limit.over<Platform>()) return over;
      if (held.owes_notice()) {  // to whom may be what this end is about to wait for
        held.unlock();
        held.acquire();
        continue;
      }
      where.taken_ = true;
      where.sleeper_ = Platform::demand::self();
      const timed_sleep asleep(counters);
      counters.entered_kernel(1);
      if (limit.deadline()) {
        where.wake_.wait_until(held.held_, *limit.deadline());
      } else {
        where.wake_.wait(held.held_);
      }
      where.taken_ = false;
    }
  }

  mutable typename Platform::mutex mutex_;
  int looks_;
};

}  // namespace annulus
