// One mutex and a condition variable for each end: the coordination of the rings that lock.
#pragma once

#include <annulus/error.hpp>
#include <annulus/platform.hpp>
#include <annulus/stats.hpp>
#include <annulus/until.hpp>
#include <mutex>
#include <stop_token>
#include <system_error>
#include <utility>

namespace annulus {

/// Hoare's monitor for one producer and one consumer. A sleeper is notified only if there is one,
/// and re-checks its condition itself, so spurious wakes are harmless.
template <class Platform>
class monitor {
 public:
  using lock = std::unique_lock<typename Platform::mutex>;

  /// Where one end sleeps; guarded by the monitor's mutex.
  class seat {
   public:
    /// Wakes the sleeper, if any. True if there was one. Call with the mutex held.
    bool notify() noexcept {
      if (!std::exchange(taken_, false)) return false;
      wake_.notify_one();
      return true;
    }

   private:
    friend monitor;
    typename Platform::condition_variable wake_;
    bool taken_ = false;
  };

  [[nodiscard]] lock enter() const { return lock(mutex_); }

  /// Sleeps in `where` until `ready()`, the limit or a cancel. `held` is locked before and after;
  /// it is unlocked meanwhile, also once before `ready()` is looked at.
  template <class Ready>
  std::error_code wait(lock& held, seat& where, Ready ready, const until& limit,
                       end_counters<Platform>& counters) {
    return timed(counters, [&] {
      if (!limit.token().stop_possible()) return sleep(held, where, ready, limit, counters);
      // A callback may run inside its own constructor, and its destructor waits for it: neither
      // with the lock.
      held.unlock();
      std::error_code result;
      {
        const std::stop_callback on_stop(limit.token(), [this, &where] {
          const auto inside = enter();
          where.notify();
        });
        held.lock();
        result = sleep(held, where, ready, limit, counters);
        held.unlock();
      }
      held.lock();
      return result;
    });
  }

 private:
  template <class Ready>
  std::error_code sleep(lock& held, seat& where, Ready ready, const until& limit,
                        end_counters<Platform>& counters) {
    for (;;) {
      if (ready()) return {};
      if (limit.cancelled()) return errc::cancelled;
      if (limit.expired()) return errc::timed_out;
      where.taken_ = true;
      counters.parked();
      if (limit.deadline()) {
        where.wake_.wait_until(held, *limit.deadline());
      } else {
        where.wake_.wait(held);
      }
      where.taken_ = false;
    }
  }

  mutable typename Platform::mutex mutex_;
};

}  // namespace annulus
