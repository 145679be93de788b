// The writer who waits until chunks have been deleted.
#pragma once

#include "log_monitor.hpp"
#include "order_book.hpp"

namespace annulus::chunklog {

class space_wait {
 public:
  space_wait(log_monitor& shared, order_book& orders) : shared_(shared), orders_(orders) {}

  /// Until `enough()`, looked at with the lock held each time that chunks were deleted; `drop` has
  /// the oldest one deleted. The writer's.
  template <class Enough>
  std::error_code wait(bool drop, Enough enough, const until& limit) {
    auto held = shared_.enter();
    const auto ready = [&] {
      if (!shared_.poison.ok() || enough()) return true;
      orders_.want_space(held, drop);
      return false;
    };
    return shared_.room.wait(held, writer_seat_, ready, limit, writer_counters_);
  }

  /// Has him look. The I/O thread's.
  void notify() {
    auto held = shared_.enter();
    writer_seat_.notify(held);
  }
  void notify(log_monitor::lock& held) { writer_seat_.notify(held); }

  [[nodiscard]] std::uint64_t waits() const { return writer_counters_.snapshot().parks; }

 private:
  log_monitor& shared_;
  order_book& orders_;
  log_monitor::seat writer_seat_;
  log_monitor::counters writer_counters_;
};

}  // namespace annulus::chunklog
