// How a peer that has no wait of its own waits.
#pragma once

#include <sched.h>

#include <annulus/core/platform.hpp>

namespace annulus::bench {

/// Spins, and gives way to others only after a long while: the treatment that is best for a
/// lock-free queue whose two ends have a core each.
class spin_wait {
 public:
  void operator()() noexcept {
    if (turns_ < yield_after) {
      ++turns_;
      std_platform::relax();
    } else {
      sched_yield();
    }
  }

 private:
  static constexpr int yield_after = 16'384;
  int turns_ = 0;
};

}  // namespace annulus::bench
