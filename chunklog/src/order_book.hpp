// What the ends of an open log have asked of its I/O thread, and where that thread sleeps.
#pragma once

#include <annulus/until.hpp>
#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "log_monitor.hpp"

namespace annulus::chunklog {

/// What a caller may wait for the I/O thread to reach. Flushes and checkpoints count orders,
/// durability counts records.
enum class goal { flushed, checkpointed, durable };
inline constexpr std::size_t goals = 3;
constexpr std::size_t index_of(goal what) {
  return static_cast<std::size_t>(what);
}

/// Those that take a lock must be called with the monitor's, the others without.
class order_book {
 public:
  using lock = log_monitor::lock;

  struct orders {
    std::array<std::uint64_t, goals> wanted{};
    bool release = false;  ///< an acknowledgement has completed a chunk
    bool drop = false;     ///< the oldest chunk must go
    bool reader = false;   ///< a reader waits
    bool close = false;
    bool stop = false;

    [[nodiscard]] std::uint64_t of(goal what) const { return wanted[index_of(what)]; }
  };

  explicit order_book(log_monitor& shared) : shared_(shared) {}

  // Any thread.

  void release() { give(orders_.release); }
  void close() { give(orders_.close); }
  void stop() { give(orders_.stop); }
  /// Somebody will wait for this. `value` is for goal::durable; the others take a number. Returns
  /// what has to be reached.
  std::uint64_t want(lock& held, goal what, std::uint64_t value);
  /// Who wanted it waits no more.
  void leaves(goal what) noexcept { durable_waiters_ -= what == goal::durable ? 1U : 0U; }
  void want_space(lock& held, bool drop);
  void reader_waits(lock& held, bool waits);
  /// Whether the reader waited: he is being told.
  bool take_reader() noexcept { return std::exchange(orders_.reader, false); }
  /// Has the I/O thread look.
  void tell_io(lock& held);

  // The I/O thread's.

  orders take();
  /// Sleeps until there are orders, or notify(), or the deadline.
  void rest(bool lingering, const std::optional<until::clock::time_point>& deadline);
  /// As rest(), until `count` callers wait for durability.
  void gather(std::size_t count, until::clock::time_point deadline);
  void notify();
  /// Waits for a notify() that is on its way.
  void await_notice();

  [[nodiscard]] std::size_t durable_waiters() const noexcept { return durable_waiters_; }
  /// Precondition: the lock is held.
  [[nodiscard]] std::string describe() const;

 private:
  void give(bool& order);

  log_monitor& shared_;
  log_monitor::seat io_seat_;
  log_monitor::counters io_counters_;

  orders orders_{};
  bool news_ = false;                // orders that the I/O thread has not taken
  bool notice_ = false;              // the ring has what it was armed for
  bool lingering_ = false;           // it writes at once for a reader who comes
  std::size_t gathering_ = 0;        // callers that it waits for
  std::size_t durable_waiters_ = 0;  // callers that wait for durability
};

}  // namespace annulus::chunklog
