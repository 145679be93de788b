// How an end of a lock-free ring waits for the other. A waiting policy names a `gate`: one gate an
// index, at which one end waits until the other has moved that index to a target.
#pragma once

#include <algorithm>
#include <annulus/core/platform.hpp>
#include <annulus/core/rest.hpp>
#include <annulus/error.hpp>
#include <annulus/stats.hpp>
#include <annulus/until.hpp>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <stop_token>
#include <system_error>
#include <type_traits>

namespace annulus {

/// The index that a waiter needs: at `minimum` its call can go on, at `useful` (>= minimum) it is
/// worth waking from a sleep, and at `handy` it is worth going on while it is awake anyway: less
/// than the minimum if the call can begin with less, more if it would rather do more at once.
struct wait_target {
  std::uint64_t minimum;
  std::uint64_t useful;
  std::uint64_t handy;
  std::uint64_t batch;  ///< at least `useful`: what a sleeper would rather wait for, a little while
};

/// How a waiter looks: quickly, over and over, at what the other end publishes; or closely, before
/// it sleeps, also at what that one has held back.
enum class looking { quickly, closely };

/// A few glances, then a spin as long as it pays, then a rest (rest.hpp). The other end enters the
/// kernel only to wake a sleeper that it has satisfied.
///
/// No wake is lost: the waiter stores its target and then loads the index; the publisher stores the
/// index and then loads the target. With a barrier between the two on both sides, at least one of
/// them sees the other (store buffering: oneTBB #2136, libc++ #109290). The publisher's barrier is
/// the light one of Platform, the waiter's the heavy one. The rest's ticket closes the gap between
/// the waiter's last look and its sleep: every wake makes earlier tickets void first.
template <class Rest, class Platform>
class basic_gate {
 public:
  using budget = spin_budget<Platform>;
  /// A waker is an address, which means nothing in another process.
  static constexpr bool has_wakers = !crosses_processes<Platform>;

  /// Waits until `ready(index)` for an index of the target. `nudge()` is called before each sleep
  /// and must wake the other end if it sleeps below its useful target but above its minimum, or
  /// both would wait for ever.
  template <class Ready, class Nudge>
  std::error_code wait(wait_target target, Ready ready, Nudge nudge, const until& limit,
                       budget& spin, end_counters<Platform>& counters) {
    if (glance([&] { return ready(target.handy); }, counters)) {
      counters.waited();
      return {};
    }
    return timed(counters, [&] {
      if constexpr (Rest::sleeps) {
        return spin_then_sleep(target, ready, nudge, limit, spin, counters);
      } else {
        nudge();  // the other end may be armed below its useful target
        return keep_looking(target, ready, limit, counters);
      }
    });
  }

  /// Has `who` notified once, when the index reaches the target or wake() is called. False, and
  /// `who` is not kept, if that is so already.
  template <class Ready, class Nudge>
  bool arm(wait_target target, waker& who, Ready ready, Nudge nudge) requires(has_wakers) {
    if (ready(target.minimum, looking::closely)) return false;
    nudge();
    // Once `who` is there another thread may run this end, and arm it again, before this call
    // returns. So a mark goes first, which a wake takes like a waker and nobody hears: until it is
    // replaced below, the end is still this thread's.
    // Acquire, and an exchange: a wake() that found nobody here has stored its `nobody` before the
    // target below, and its reason before that.
    waker_.exchange(&mark_, std::memory_order_acquire);
    announce(target.minimum, target.useful);
    if (!ready(target.minimum, looking::closely)) {
      auto* expected = &mark_;
      // Release: the end goes to whoever takes `who`. Acquire on failure: what the wake was for is
      // there when the caller looks again.
      if (waker_.compare_exchange_strong(expected, &who, std::memory_order_release,
                                         std::memory_order_acquire))
        return true;
    }
    target_.store(nobody, std::memory_order_relaxed);  // stale, it would cost a wake
    return false;
  }

  /// Takes `who` back. False if it has been notified, or is being so.
  bool disarm(waker& who) noexcept requires(has_wakers) {
    auto* expected = &who;
    // Relaxed: who is taken back has not left this thread, and a wake() that took it says so
    // itself.
    const auto mine = waker_.compare_exchange_strong(expected, nullptr, std::memory_order_relaxed,
                                                     std::memory_order_relaxed);
    if (mine) target_.store(nobody, std::memory_order_relaxed);  // stale, it would cost a wake
    return mine;
  }

  /// The other end has published `index`, and then passed a barrier. True if that woke somebody.
  [[gnu::always_inline]] bool published(std::uint64_t index,
                                        end_counters<Platform>& counters) noexcept {
    // Pairs with the store in announce().
    if (index < target_.load(std::memory_order_seq_cst)) [[likely]]
      return false;
    wake(counters);
    return true;
  }

  /// Whether the other end passes a full barrier of its own with each publication from now on, or,
  /// after false, no longer does. Called by it, and after true only once it does so.
  void expect_barriers(bool expected) noexcept {
    // Sequentially consistent, as the store and the load in announce(): a waiter that reads the
    // true of before has stored its target before any look that follows no barrier.
    has_barriers_.store(expected ? 1 : 0, std::memory_order_seq_cst);
  }

  /// The other end is about to sleep at `index`: wakes this one if that already suffices.
  void nudge(std::uint64_t index, end_counters<Platform>& counters) noexcept {
    // Acquire: pairs with announce(), for the minimum. No more: when it published `index`, this
    // thread saw the target of anybody who has not seen the index since.
    if (target_.load(std::memory_order_acquire) == nobody) return;
    // Relaxed: made visible by the load above.
    if (index >= minimum_.load(std::memory_order_relaxed)) wake(counters);
  }

  /// Wakes the waiter whatever it waits for: close, error, cancel. Call after the reason is
  /// visible. Returns the number of kernel calls made.
  std::uint64_t wake() noexcept {
    // Relaxed: ordered before a later target by the exchange below, and by the rest.
    target_.store(nobody, std::memory_order_relaxed);
    if constexpr (has_wakers) {
      // Acquire: pairs with arm()'s release of `who`. Release: with its acquire of the mark.
      if (auto* const armed = waker_.exchange(nullptr, std::memory_order_acq_rel)) armed->notify();
    }
    return rest_.rouse();
  }

 private:
  // Where others want the core, who finds nothing offers it to them once, the other end among them,
  // and comes back to more: that costs less than a sleep and a wake.
  template <class Ready>
  static bool glance(Ready ready, end_counters<Platform>& counters) {
    if (!Platform::demand::has_cores()) {
      if (ready()) return true;
      Platform::yield();
      counters.entered_kernel(1);
      return ready();
    }
    // The first glances follow each other without a pause, which would answer later.
    const int bare = Platform::looks_in(bare_glances);
    const int all = bare + Platform::pauses_in(paused_glances);
    for (int i = 0; i < all; ++i) {
      if (ready()) return true;
      if (i >= bare) Platform::relax();
    }
    return false;
  }

  [[gnu::noinline]] void wake(end_counters<Platform>& counters) noexcept {
    counters.woke();
    counters.entered_kernel(wake());
  }

  template <class Ready>
  std::error_code keep_looking(wait_target target, Ready ready, const until& limit,
                               end_counters<Platform>& counters) {
    const auto enough = std::min(target.minimum, target.handy);
    for (;;) {
      if (ready(enough, looking::closely)) return {};
      if (limit.cancelled()) return errc::cancelled;
      if (limit.expired<Platform>()) return errc::timed_out;
      counters.entered_kernel(rest_.pause());
    }
  }

  template <class Ready, class Nudge>
  std::error_code spin_then_sleep(wait_target target, Ready ready, Nudge nudge, const until& limit,
                                  budget& spin, end_counters<Platform>& counters) {
    const auto enough = std::min(target.minimum, target.handy);
    const auto start = Platform::now();
    std::error_code stopped;
    Platform::demand::enlist();
    if (!spin.spin(start, rest_.last_wake(), [&] { return ready(enough); }))
      stopped = sleep(target, ready, nudge, limit, spin, counters);
    spin.learn(start, rest_.last_wake());
    return stopped;
  }

  // With patience, not to be woken for less than a batch for that long: for less, the waiter looks
  // by itself when the time is over, or the other end has it woken when it begins to wait in its
  // turn. After that any useful amount wakes, so that who has nothing to do sleeps undisturbed.
  template <class Ready, class Nudge>
  std::error_code sleep(wait_target target, Ready ready, Nudge nudge, const until& limit,
                        budget& spin, end_counters<Platform>& counters) {
    std::optional<std::stop_callback<stopper>> on_stop;
    if (limit.token().stop_possible()) on_stop.emplace(limit.token(), stopper{this});
    bool is_patient = target.batch > target.useful && spin.may_be_patient();
    const auto until_then = is_patient ? Platform::now() + spin.patience() : no_moment;
    for (;;) {
      const auto ticket = rest_.ticket();
      if (ready(target.minimum, looking::closely)) {
        if (is_patient) spin.was_patient();
        return {};
      }
      if (limit.cancelled()) return errc::cancelled;
      if (limit.expired<Platform>()) return errc::timed_out;
      if (is_patient && Platform::now() >= until_then) {
        spin.was_patient_for_nothing();
        is_patient = false;
      }
      counters.fenced(announce(target.minimum, is_patient ? target.batch : target.useful));
      if (!ready(target.minimum, looking::closely)) {
        nudge();
        const timed_sleep asleep(counters);
        counters.entered_kernel(rest_.sleep(
            ticket, is_patient ? sooner(limit.deadline(), until_then) : limit.deadline()));
      }
      target_.store(nobody, std::memory_order_relaxed);  // stale, it would cost a wake
    }
  }

  using moment = typename Platform::clock::time_point;
  static constexpr moment no_moment = moment::max();
  static std::optional<moment> sooner(const std::optional<moment>& one, moment other) noexcept {
    return one && *one < other ? one : std::optional(other);
  }

  // Makes the target known to the publisher. Returns the number of kernel calls made.
  std::uint64_t announce(std::uint64_t minimum, std::uint64_t useful) noexcept {
    // Relaxed: read only after target_, which releases it.
    minimum_.store(minimum, std::memory_order_relaxed);
    // Pairs with published().
    target_.store(useful, std::memory_order_seq_cst);
    // Pairs with expect_barriers().
    if (has_barriers_.load(std::memory_order_seq_cst) != 0) return 0;
    return Platform::heavy_barrier();
  }

  struct stopper {
    basic_gate* self;
    void operator()() const noexcept { self->wake(); }
  };

  // Before it reads a clock or thinks of sleeping: about as long as a line takes from core to core
  // and back, and as one takes that has to come from far, or behind others.
  static constexpr std::chrono::nanoseconds bare_glances{250};
  static constexpr std::chrono::nanoseconds paused_glances{1200};
  static constexpr std::uint64_t nobody = std::numeric_limits<std::uint64_t>::max();

  typename Platform::template atomic<std::uint64_t> target_{nobody};
  typename Platform::template atomic<std::uint64_t> minimum_{0};
  typename Platform::template atomic<std::uint32_t> has_barriers_{0};  // written by the other end
  struct no_waker {};
  [[no_unique_address]] std::conditional_t<has_wakers, typename Platform::template atomic<waker*>,
                                           no_waker>
      waker_{};
  inline static constinit waker mark_{[](waker&) noexcept {}};
  Rest rest_;
};

/// Spins and never lets go of the core: for two cores of one's own.
struct spin_waiting {
  static constexpr const char* name = "spin";
  static constexpr bool kernel_waits = false;
  template <class Platform>
  using gate = basic_gate<no_rest<Platform>, Platform>;
};

/// Spins, then offers the core to others between looks; never sleeps in the kernel.
struct yield_waiting {
  static constexpr const char* name = "spin, then yield";
  static constexpr bool kernel_waits = false;
  template <class Platform>
  using gate = basic_gate<yield_rest<Platform>, Platform>;
};

/// Spins as long as it pays, then sleeps on a futex.
struct park_waiting {
  static constexpr const char* name = "self-tuning spin, then futex";
  static constexpr bool kernel_waits = true;
  template <class Platform>
  using gate = basic_gate<futex_rest<Platform>, Platform>;
};

/// Spins as long as it pays, then sleeps on a condition variable.
struct condvar_waiting {
  static constexpr const char* name = "self-tuning spin, then condition variable";
  static constexpr bool kernel_waits = true;
  template <class Platform>
  using gate = basic_gate<condvar_rest<Platform>, Platform>;
};

}  // namespace annulus
