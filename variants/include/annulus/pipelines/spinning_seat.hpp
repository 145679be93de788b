// Where an end of a pipe waits: it spins as long as that pays, then it sleeps.
#pragma once

#include <annulus/core/monitor.hpp>
#include <annulus/core/platform.hpp>
#include <annulus/core/rest.hpp>
#include <annulus/stats.hpp>
#include <annulus/until.hpp>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <system_error>
#include <utility>

namespace annulus::pipelines {

/// A seat of a monitor, with a spin before the sleep. Whoever spins has given up the lock and looks
/// at nothing but a word that changes once, when it is called: so it is called as a sleeper is, for
/// the same reasons and under the same lock, and hinders nobody meanwhile. Guarded by that lock,
/// but for the word.
template <class Platform>
class spinning_seat {
 public:
  using lock = typename monitor<Platform>::lock;

  /// Calls whoever waits or is armed. True if that took a wake.
  bool notify(lock& held) noexcept {
    if (std::exchange(looking_, false)) {
      // Relaxed: it publishes nothing. Who sees it takes the lock that is held here, and looks.
      called_.store(1, std::memory_order_relaxed);
      return false;
    }
    if (!seat_.has_sleeper()) return seat_.notify(held);
    last_wake_.time([&] { seat_.notify(held); });
    return true;
  }
  void arm(waker& who) noexcept { seat_.arm(who); }
  bool disarm(waker& who) noexcept { return seat_.disarm(who); }

  /// As monitor::wait(), of which it is a part.
  template <class Ready>
  std::error_code wait(const monitor<Platform>& in, lock& held, Ready ready, const until& limit,
                       end_counters<Platform>& counters) {
    return timed(counters, [&] {
      const auto start = Platform::now();
      Platform::demand::enlist();
      if (!budget_.is_spent()) spin(held, start);
      last_wake_.sleeps();
      const auto stopped = in.sleep(held, seat_, ready, limit, counters);
      budget_.learn(start, last_wake_);
      return stopped;
    });
  }

 private:
  // Whatever ends it, the looks of the sleep that follows decide.
  void spin(lock& held, typename Platform::clock::time_point start) {
    // Relaxed: notify(), which comes later, holds the lock that is held here.
    called_.store(0, std::memory_order_relaxed);
    looking_ = true;
    held.unlock();
    // Relaxed: pairs with the store in notify() by way of the lock.
    budget_.spin(start, last_wake_,
                 [this] { return called_.load(std::memory_order_relaxed) != 0; });
    held.acquire();
    looking_ = false;
  }

  typename monitor<Platform>::seat seat_;
  bool looking_ = false;
  spin_budget<Platform> budget_;
  wake_record<Platform> last_wake_;
  alignas(line_bytes) typename Platform::template atomic<std::uint32_t> called_{0};
};
static_assert(alignof(spinning_seat<std_platform>) == line_bytes,
              "who spins on the word is not disturbed by what the lock guards");

}  // namespace annulus::pipelines
