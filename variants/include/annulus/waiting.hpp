// How an end of a lock-free ring waits for the other. A waiting policy is a class template `gate`:
// one gate an end, on which that end sleeps until an index of the other end has reached a target.
#pragma once

#include <annulus/error.hpp>
#include <annulus/platform.hpp>
#include <annulus/stats.hpp>
#include <annulus/until.hpp>
#include <atomic>
#include <cstdint>
#include <limits>
#include <optional>
#include <stop_token>
#include <system_error>

namespace annulus {

/// What a waiter needs: it can go on at `minimum`, and is worth waking at `useful` (>= minimum).
struct wait_target {
  std::uint64_t minimum;
  std::uint64_t useful;
};

/// Spins shortly, then sleeps on a futex. The other end enters the kernel only to wake a sleeper
/// that it has satisfied.
///
/// No wake is lost: the waiter stores its target and then loads the index; the publisher stores the
/// index and then loads the target. All four accesses are sequentially consistent, so at least one
/// of the two sees the other (store buffering: oneTBB #2136, libc++ #109290). The epoch closes the
/// gap between the waiter's last look and its sleep: every wake bumps it first, and the kernel does
/// not sleep on an epoch that has moved.
struct park_waiting {
  static constexpr const char* name = "short spin, then futex";
  static constexpr bool kernel_waits = true;
  /// Order of the store that publishes an index, see above; also releases the bytes before it.
  static constexpr std::memory_order publish = std::memory_order_seq_cst;

  template <class Platform>
  class gate {
   public:
    /// Waits until `ready()`. `nudge()` is called before each sleep and must wake the other end if
    /// it sleeps below its useful target but above its minimum, or both would wait for ever.
    template <class Ready, class Nudge>
    std::error_code wait(wait_target target, Ready ready, Nudge nudge, const until& limit,
                         end_counters<Platform>& counters) {
      for (int i = 0; i < spins; ++i) {
        if (ready()) return {};
        Platform::relax();
      }
      std::optional<std::stop_callback<waker>> on_stop;
      if (limit.token().stop_possible()) on_stop.emplace(limit.token(), waker{this});
      for (;;) {
        // Acquire: pairs with the bump in wake(). If the bump is seen, so is what it announced; if
        // not, futex_wait returns at once.
        const auto epoch = epoch_.load(std::memory_order_acquire);
        if (ready()) return {};
        if (limit.cancelled()) return errc::cancelled;
        if (limit.expired()) return errc::timed_out;
        minimum_.store(target.minimum,
                       std::memory_order_relaxed);  // read only after target_, which releases it
        target_.store(target.useful,
                      std::memory_order_seq_cst);  // pairs with published() and nudge()
        if (!ready()) {
          nudge();
          counters.parked();
          Platform::futex_wait(epoch_, epoch, limit.deadline());
        }
        target_.store(nobody,
                      std::memory_order_relaxed);  // a stale target only costs a spurious wake
      }
    }

    /// The other end has published `index`. True if a sleeper was woken.
    bool published(std::uint64_t index) noexcept {
      if (index < target_.load(std::memory_order_seq_cst))
        return false;  // pairs with the store in wait()
      wake();
      return true;
    }

    /// The other end is about to sleep at `index`: wakes this one if that already suffices.
    bool nudge(std::uint64_t index) noexcept {
      if (target_.load(std::memory_order_seq_cst) == nobody)
        return false;  // pairs with the store in wait()
      // Relaxed: made visible by the load above.
      if (index < minimum_.load(std::memory_order_relaxed)) return false;
      wake();
      return true;
    }

    /// Wakes the waiter whatever it waits for: close, error, cancel. Call after the reason is
    /// visible.
    void wake() noexcept {
      target_.store(nobody,
                    std::memory_order_relaxed);        // ordered before a later target by the bump
      epoch_.fetch_add(1, std::memory_order_release);  // pairs with the acquire in wait()
      Platform::futex_wake(epoch_);
    }

   private:
    struct waker {
      gate* self;
      void operator()() const noexcept { self->wake(); }
    };

    // About the cost of one futex round trip, so that the spin at most doubles a wait.
    static constexpr int spins = 128;
    static constexpr std::uint64_t nobody = std::numeric_limits<std::uint64_t>::max();

    typename Platform::template atomic<std::uint64_t> target_{nobody};
    typename Platform::template atomic<std::uint64_t> minimum_{0};
    typename Platform::template atomic<std::uint32_t> epoch_{0};
  };
};

/// Spins, then offers the core to others between looks; never sleeps in the kernel.
struct spin_waiting {
  static constexpr const char* name = "spin, then yield";
  static constexpr bool kernel_waits = false;
  static constexpr std::memory_order publish =
      std::memory_order_release;  // pairs with the index's acquire

  template <class Platform>
  class gate {
   public:
    template <class Ready, class Nudge>
    std::error_code wait(wait_target, Ready ready, Nudge, const until& limit,
                         end_counters<Platform>&) {
      for (int i = 0;; ++i) {
        if (ready()) return {};
        if (i < spins) {
          Platform::relax();
          continue;
        }
        if (limit.cancelled()) return errc::cancelled;
        if (limit.expired()) return errc::timed_out;
        Platform::yield();
      }
    }
    bool published(std::uint64_t) noexcept { return false; }
    bool nudge(std::uint64_t) noexcept { return false; }
    void wake() noexcept {}

   private:
    // A few cache-line round trips; longer only delays the other end when both share a core.
    static constexpr int spins = 256;
  };
};

}  // namespace annulus
