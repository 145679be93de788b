// Many threads, one of whom does the work of all: how a thing for one thread at a time is shared.
#pragma once

#include <annulus/core/platform.hpp>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

namespace annulus::chunklog {

/// Flat combining (Hendler, Incze, Shavit, Tzafrir 2010) over a stack that is taken whole, so that
/// there is no ABA (Treiber 1986, without its pop). Whoever finds it idle leads: he does his own
/// job, and in the order of their arrival those that were pushed meanwhile. To push is lock-free,
/// and costs a leader whom nobody disturbs two atomic exchanges. Jobs are `Job`s, done by
/// `perform(Job&)`. A leader does `MostJobs` jobs before somebody else must lead, if anybody waits.
template <class Platform, class Job, int MostJobs = 64>
class combining_stack {
 public:
  combining_stack() = default;
  combining_stack(const combining_stack&) = delete;
  combining_stack& operator=(const combining_stack&) = delete;

  /// Returns when `job` has been performed, by this thread or another.
  template <class Perform>
  void run(Job& job, Perform perform) {
    node mine(job);
    // Relaxed: what it points to is not looked at.
    auto* top = top_.load(std::memory_order_relaxed);
    for (;;) {
      if (top == nullptr) {
        // An attempt to push may have failed since: whom it has seen is no business of this leader.
        mine.next = nullptr;
        // Acquire: pairs with the release in resign(); the jobs before happened before.
        if (top_.compare_exchange_weak(top, &busy_, std::memory_order_acquire,
                                       std::memory_order_relaxed)) {
          break;
        }
      } else {
        mine.next = top;
        // Release: pairs with the acquire in take().
        if (top_.compare_exchange_weak(top, &mine, std::memory_order_release,
                                       std::memory_order_relaxed)) {
          if (await(mine) == done) return;
          break;
        }
      }
    }
    lead(mine, perform);
  }

 private:
  struct node {
    node() = default;
    explicit node(Job& what) : job(&what) {}
    Job* job = nullptr;
    typename Platform::template var<node*> next{nullptr};
    typename Platform::template atomic<std::uint32_t> state{waiting};
  };
  static constexpr std::uint32_t waiting = 0, asleep = 1, done = 2, leading = 3;
  // `mine`, and those that are linked behind it, oldest first.
  template <class Perform>
  void lead(node& mine, Perform& perform) {
    int jobs = 0;
    for (auto* each = &mine;;) {
      while (each != nullptr) {
        node* const next = each->next;
        perform(*each->job);
        if (each != &mine) tell(*each, done);
        each = next;
        ++jobs;
      }
      if (resign()) return;
      each = take();
      if (jobs > MostJobs) return tell(*each, leading);
    }
  }

  // True if nobody waits.
  bool resign() noexcept {
    auto* expected = &busy_;
    // Release: pairs with the acquire in run().
    return top_.compare_exchange_strong(expected, nullptr, std::memory_order_release,
                                        std::memory_order_relaxed);
  }

  // All who wait, oldest first. Precondition: somebody does.
  node* take() noexcept {
    // Acquire: pairs with the release of every push; the pushes between are exchanges.
    auto* each = top_.exchange(&busy_, std::memory_order_acquire);
    node* oldest = nullptr;
    while (each != &busy_) {
      node* const before = each->next;
      each->next = oldest;
      oldest = each;
      each = before;
    }
    return oldest;
  }

  // `to` may be gone afterwards.
  static void tell(node& to, std::uint32_t what) noexcept {
    auto& state = to.state;
    // Release: pairs with the acquire in await(), for the result or the list.
    if (state.exchange(what, std::memory_order_release) == asleep) Platform::futex_wake(state);
  }

  static std::uint32_t await(node& mine) noexcept {
    for (int i = Platform::pauses_in(glances); i > 0; --i) {
      // Acquire: pairs with tell().
      const auto now = mine.state.load(std::memory_order_acquire);
      if (now != waiting) return now;
      Platform::relax();
    }
    auto now = waiting;
    // Acquire, also on failure: pairs with tell().
    if (!mine.state.compare_exchange_strong(now, asleep, std::memory_order_acquire,
                                            std::memory_order_acquire)) {
      return now;
    }
    for (;;) {
      Platform::futex_wait(mine.state, asleep, std::nullopt);
      now = mine.state.load(std::memory_order_acquire);  // pairs with tell()
      if (now != asleep) return now;
    }
  }

  // Before a sleep: what a sleep and a wake cost, of which nothing is measured here.
  static constexpr std::chrono::nanoseconds glances{4000};

  node busy_{};  // stands on the stack for "somebody leads"
  typename Platform::template atomic<node*> top_{nullptr};
};

}  // namespace annulus::chunklog
