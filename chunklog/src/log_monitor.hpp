// The one lock under which the parts of log_state stand.
#pragma once

#include <annulus/chunklog/error.hpp>
#include <annulus/core/monitor.hpp>

#include "sentence.hpp"

namespace annulus::chunklog {

/// Held for moments only and never over I/O. Whoever waits sleeps in a seat of his own.
struct log_monitor {
  using lock = monitor<std_platform>::lock;
  using seat = monitor<std_platform>::seat;
  using counters = end_counters<std_platform>;

  [[nodiscard]] lock enter() const { return room.enter(); }

  monitor<std_platform> room{};
  status poison{};  ///< why nothing is written any more; guarded, as all that the parts hold
};

/// Why a wait for something ended without it.
inline status stopped(std::error_code why, const char* what) {
  return why == annulus::errc::cancelled
             ? failure(errc::cancelled, "the wait for ", what, " was cancelled")
             : failure(errc::timed_out, "the deadline passed before ", what);
}

}  // namespace annulus::chunklog
