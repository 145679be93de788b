// What the I/O thread of a log has reached, and those who wait for it.
#pragma once

#include <annulus/core/rest.hpp>
#include <annulus/until.hpp>
#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "log_monitor.hpp"
#include "order_book.hpp"

namespace annulus::chunklog {

/// They wait together, and need no lock when they are served.
class goal_waiters {
 public:
  using lock = log_monitor::lock;

  /// Of a log that was opened, and so is durable up to its end.
  goal_waiters(log_monitor& shared, order_book& orders, std::uint64_t next_id)
      : shared_(shared), orders_(orders), durable_next_id_(next_id) {
    done_[index_of(goal::durable)] = next_id - 1;
  }

  // Any thread.

  /// Gives an order and waits for it. `value` is for goal::durable; the others take a number.
  status reach(goal what, std::uint64_t value, const until& limit);
  /// As reach() without waiting: false, and `who` is kept, if it has to.
  bool arm(goal what, std::uint64_t value, waker& who);
  /// Whether it is reached; if not, `why` is what has poisoned the log, if anything has.
  [[nodiscard]] bool reached(goal what, std::uint64_t value, status& why) const;
  /// Notifies all wakers.
  void wake();
  [[nodiscard]] std::uint64_t durable_next_id() const noexcept {
    // Acquire: pairs with publish_durable(); who sees an ID may tell others that it is safe.
    return durable_next_id_.load(std::memory_order_acquire);
  }

  // The I/O thread's.

  /// Returns how many callers have waited for it.
  std::size_t publish_durable(std::uint64_t next_id);
  void done(goal what, std::uint64_t value);
  /// Wakes whoever has what he waits for, or waits in vain in a log that is poisoned; gives up the
  /// lock. Returns how many of them waited for durability.
  std::size_t serve(lock& held);

  /// Precondition: the lock is held.
  [[nodiscard]] std::string describe() const;

 private:
  enum class answer : std::uint8_t { none, reached, failed };
  struct waiter {
    goal what;
    std::uint64_t value;
    // Release in serve(), which has forgotten the waiter by then; acquire in await().
    std::atomic<answer> got{answer::none};
  };
  struct armed {
    goal what;
    std::uint64_t value;
    waker* who;
  };

  [[nodiscard]] bool is_reached(goal what, std::uint64_t value) const noexcept {
    return done_[index_of(what)] >= value;
  }
  /// Returns nothing once there is an answer, else why it was not waited for.
  std::error_code await(const waiter& me, const until& limit);

  log_monitor& shared_;
  order_book& orders_;
  futex_rest<std_platform> sleepers_;  // the waiters

  std::array<std::uint64_t, goals> done_{};
  std::vector<waiter*> waiters_{};
  std::vector<armed> armed_{};

  std::atomic<std::uint64_t> durable_next_id_;
};

}  // namespace annulus::chunklog
