// A waker that a thread of a scenario can wait for.
#pragma once

#include <annulus/until.hpp>

#include "checker/platform.hpp"
#include "checker/scenario.hpp"

namespace annulus::model {

/// Counts how often it is notified, and lets a thread wait for that.
class bell : public waker {
 public:
  bell() : waker(&bell::ring) {}

  /// Waits for the notification, and makes ready for the next.
  void await() {
    while (rung_.load(std::memory_order_acquire) == 0) {
      platform_base::futex_wait(rung_, 0, std::nullopt);
    }
    require(count_ == 1, "notified once");
    count_ = 0;
    rung_.store(0, std::memory_order_relaxed);
  }
  /// Precondition: whoever could notify is done.
  [[nodiscard]] bool silent() const { return rung_.load(std::memory_order_relaxed) == 0; }

 private:
  static void ring(waker& self) noexcept {
    auto& me = static_cast<bell&>(self);
    me.count_ = me.count_ + 1;
    me.rung_.store(1, std::memory_order_release);
    platform_base::futex_wake(me.rung_);
  }
  var<int> count_ = 0;
  atomic<std::uint32_t> rung_{0U};
};

}  // namespace annulus::model
