// A ring that is slower on purpose, to see whether a comparison of two builds finds it. Only builds
// with ANNULUS_SLOWED, a percentage from 1 to 90, have it; it is not installed.
#pragma once

#include <annulus/platform.hpp>
#include <chrono>
#include <condition_variable>
#include <mutex>

namespace annulus::detail {

static_assert(ANNULUS_SLOWED >= 1 && ANNULUS_SLOWED <= 90);

/// A mutex that nobody begins to take during ANNULUS_SLOWED percent of the time. Both ends of a
/// ring under it stand still at the same moments and then go on as they were, which costs its
/// throughput that part and nothing else: to delay each piece under the lock costs far more, since
/// whoever finds the lock taken for longer goes to sleep.
class slowed_mutex : public std::mutex {
 public:
  void lock() {
    using clock = std::chrono::steady_clock;
    constexpr std::chrono::nanoseconds moving = std::chrono::milliseconds(20);
    constexpr auto whole = moving * 100 / (100 - ANNULUS_SLOWED);
    constexpr unsigned seldom = 8;  // a look costs a twentieth of a piece of 4 KiB
    thread_local unsigned calls = 0;
    if (calls++ % seldom == 0) {
      while (clock::now().time_since_epoch() % whole >= moving) {
      }
    }
    std::mutex::lock();
  }
};

/// That of the standard library, which knows its own mutex only.
class slowed_condition : public std::condition_variable {
 public:
  void wait(std::unique_lock<slowed_mutex>& held) {
    known(held, [&](auto& inner) { std::condition_variable::wait(inner); });
  }
  template <class Deadline>
  void wait_until(std::unique_lock<slowed_mutex>& held, const Deadline& deadline) {
    known(held, [&](auto& inner) { std::condition_variable::wait_until(inner, deadline); });
  }

 private:
  template <class Wait>
  static void known(std::unique_lock<slowed_mutex>& held, Wait wait) {
    std::unique_lock<std::mutex> inner(*held.mutex(), std::adopt_lock);
    wait(inner);
    inner.release();
  }
};

struct slowed_platform : std_platform {
  using mutex = slowed_mutex;
  using condition_variable = slowed_condition;
};

}  // namespace annulus::detail
