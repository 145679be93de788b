// What the ends of an open log and its I/O thread tell each other.
#pragma once

#include <string>
#include <utility>

#include "frontier.hpp"
#include "goal_waiters.hpp"
#include "log_monitor.hpp"
#include "order_book.hpp"
#include "space_wait.hpp"
#include "tail_cache.hpp"

namespace annulus::chunklog {

/// One monitor, and the parts that stand under it: each has one job, and takes the lock itself
/// unless a call of it asks for one.
struct log_state {
  explicit log_state(const log_end& end)
      : front(shared, orders, cache, end), goals(shared, orders, end.next_id) {}

  /// Nothing is written any more, and all who wait are told. `also` is called in the same breath,
  /// so that nobody sees the one without the other. The I/O thread's.
  template <class Also>
  void fail(status why, Also also) {
    auto held = shared.enter();
    if (shared.poison.ok()) shared.poison = std::move(why);
    also();
    front.failed(held);
    space.notify(held);
    goals.serve(held);
  }
  [[nodiscard]] status poison() const {
    const auto held = shared.enter();
    return shared.poison;
  }
  [[nodiscard]] std::string describe() const {
    const auto held = shared.enter();
    return sentence(front.describe(), goals.describe(), orders.describe(), cache.describe(),
                    "poison: ", shared.poison.ok() ? "none" : shared.poison.message, "\n");
  }

  log_monitor shared{};
  order_book orders{shared};
  tail_cache cache{shared, orders};
  frontier front;
  goal_waiters goals;
  space_wait space{shared, orders};
};

}  // namespace annulus::chunklog
