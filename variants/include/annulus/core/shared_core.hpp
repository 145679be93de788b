// What the two ends of a shared ring have in common, as the process of one of them sees it.
#pragma once

#include <annulus/core/ring_core.hpp>
#include <annulus/core/shared_status.hpp>
#include <cstddef>
#include <cstdint>
#include <system_error>

namespace annulus {

/// A ring_core in memory that another process writes to as well: as one of this process, but for
/// the status, of which nothing is forgotten. The indices are checked by whom they concern
/// (ring_position::extend).
template <class Waiting, class Platform>
class shared_core {
  using memory = ring_core<Waiting, Platform>;

 public:
  using side = typename memory::side;

  /// The memory must outlive this.
  explicit shared_core(memory& shared) noexcept
      : status(shared.status),
        unpublished(shared.unpublished),
        tail(shared.tail),
        head(shared.head),
        shared_(shared) {}

  static void publish(side& mine, std::uint64_t index, barrier_choice<Platform>& barrier,
                      end_counters<Platform>& counters) noexcept {
    memory::publish(mine, index, barrier, counters);
  }
  void hold_back(std::uint64_t index, barrier_choice<Platform>& barrier,
                 end_counters<Platform>& counters) noexcept {
    shared_.hold_back(index, barrier, counters);
  }
  [[nodiscard]] std::size_t buffered(std::size_t capacity) const noexcept {
    return shared_.buffered(capacity);
  }
  void wake_both() noexcept {
    tail.gate.wake();
    head.gate.wake();
  }
  void fail(std::error_code error) noexcept {
    status.fail(error);
    wake_both();
  }

  latched_status<Platform> status;
  typename Platform::template atomic<std::uint64_t>& unpublished;
  side& tail;
  side& head;

 private:
  memory& shared_;
};

}  // namespace annulus
