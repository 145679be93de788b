// What the ends of an open log and its I/O thread tell each other.
#pragma once

#include <annulus/chunklog/error.hpp>
#include <annulus/monitor.hpp>
#include <annulus/rest.hpp>
#include <annulus/transfer.hpp>
#include <annulus/until.hpp>
#include <annulus/waker.hpp>
#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "directory.hpp"

namespace annulus::chunklog {

/// What a caller may wait for the I/O thread to reach. Flushes and checkpoints count orders,
/// durability counts records.
enum class goal { flushed, checkpointed, durable };
inline constexpr std::size_t goals = 3;

/// Where the chunks end that a reader can see.
struct log_end {
  std::uint64_t chunk = 0;    ///< counted from the oldest at open: no wrap
  std::uint64_t offset = 0;   ///< whole records up to here
  std::uint64_t next_id = 1;  ///< of the record behind them
};

/// The monitor of a log: one lock, held for moments only and never over I/O. The writer, the reader
/// and the I/O thread wait in seats of their own; those who have given orders wait together, and
/// need no lock when they are served.
class log_state {
 public:
  using room = monitor<std_platform>;
  using lock = room::lock;
  using seat = room::seat;
  using counters = end_counters<std_platform>;

  struct orders {
    std::array<std::uint64_t, goals> wanted{};
    bool release = false;  ///< an acknowledgement has completed a chunk
    bool drop = false;     ///< the oldest chunk must go
    bool reader = false;   ///< a reader waits
    bool close = false;
    bool stop = false;
  };

  /// What there is to read behind a position.
  struct available : status {
    std::uint64_t end = 0;       ///< the chunk holds whole records up to here
    bool final = false;          ///< the writer has left this chunk
    std::uint64_t first = 0;     ///< the oldest chunk that has not been dropped ...
    std::uint64_t first_id = 0;  ///< ... and its first record
    std::uint64_t next_id = 0;   ///< behind the last one that was written
  };

  /// A log that was opened, and so is durable up to its end.
  explicit log_state(const log_end& end) : end_(end), durable_next_id_(end.next_id) {
    done_[static_cast<std::size_t>(goal::durable)] = end.next_id - 1;
  }

  // The ends' side, any thread.

  /// Gives an order and waits for it. `value` is for goal::durable; the others take a number.
  status reach(goal what, std::uint64_t value, const until& limit);
  /// As reach() without waiting: false, and `who` is kept, if it has to.
  bool arm(goal what, std::uint64_t value, waker& who);
  /// Whether it is reached; if not, `why` is what has poisoned the log, if anything has.
  [[nodiscard]] bool reached(goal what, std::uint64_t value, status& why) const;
  void wake_durable_waiters();
  void order_release();
  void order_close();
  void order_stop();
  [[nodiscard]] status poison() const;
  [[nodiscard]] std::uint64_t durable_next_id() const noexcept {
    // Acquire: pairs with publish_durable(); who sees an ID may tell others that it is safe.
    return durable_next_id_.load(std::memory_order_acquire);
  }

  // The writer's.

  /// Waits until `enough()`, looked at with the lock held each time that chunks were deleted.
  template <class Enough>
  std::error_code wait_for_space(bool drop, Enough enough, const until& limit) {
    auto held = room_.enter();
    const auto ready = [&] {
      if (!poison_.ok() || enough()) return true;
      (drop ? orders_.drop : orders_.release) = true;
      tell_io(held);
      return false;
    };
    return room_.wait(held, writer_seat_, ready, limit, writer_counters_);
  }

  // The reader's.

  /// Waits until chunk `chunk` holds more than `offset` bytes, or is left, or the log ends.
  available wait(std::uint64_t chunk, std::uint64_t offset, const until& limit);
  /// As wait(), but `would_block`.
  available look(std::uint64_t chunk, std::uint64_t offset);
  bool arm_reader(std::uint64_t chunk, std::uint64_t offset, waker& who);
  bool disarm_reader(waker& who);
  void wake_reader();
  /// Copies from memory what the file has from `offset` on, if that is where it lies: 0 if not.
  std::size_t copy_cached(std::uint64_t chunk, std::uint64_t offset, bytes_span to);
  /// The chunk from which on records are kept.
  [[nodiscard]] available first_kept() const;

  // The I/O thread's.

  orders take_orders();
  /// Sleeps until there are orders, or notify_io(), or the deadline.
  void rest(bool lingering, const std::optional<until::clock::time_point>& deadline);
  /// As rest(), until `count` callers wait for durability.
  void gather(std::size_t count, until::clock::time_point deadline);
  void notify_io();
  /// Waits for a notify_io() that is on its way.
  void await_notice();

  /// The chunks end here now; `bytes` more than before, the last ones of which are in memory, in
  /// the chunk up to `file_end`. A reader who waits is told now and then; see tell_reader().
  void publish(const log_end& end, std::uint64_t bytes, bytes_view cached, std::uint64_t file_end);
  /// Of `kept` written bytes that are still in memory, forgets the oldest but for `keep`, or as
  /// many as the reader lets go. Returns how many are left.
  /// Has a reader who waits look at what there is. For when there will be no more for a while.
  void tell_reader();
  std::size_t trim_cache(std::size_t kept, std::size_t keep);
  /// Returns how many callers have waited for it.
  std::size_t publish_durable(std::uint64_t next_id);
  void done(goal what, std::uint64_t value);
  void publish_first_kept(std::uint64_t chunk, std::uint64_t id);
  void chunks_deleted();
  void ended();
  /// `also` is called in the same breath, so that nobody sees the one without the other.
  template <class Also>
  void fail(status why, Also also) {
    auto held = room_.enter();
    if (poison_.ok()) poison_ = std::move(why);
    also();
    reader_waits_ = false;
    reader_seat_.notify(held);
    writer_seat_.notify(held);
    serve(held);
  }

  [[nodiscard]] std::string describe() const;
  [[nodiscard]] std::uint64_t space_waits() const { return writer_counters_.snapshot().parks; }
  [[nodiscard]] std::uint64_t reader_waits() const { return reader_counters_.snapshot().parks; }

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

  [[nodiscard]] std::uint64_t order(lock& held, goal what, std::uint64_t value);
  void tell_io(lock& held);
  [[nodiscard]] bool is_reached(goal what, std::uint64_t value) const noexcept {
    return done_[static_cast<std::size_t>(what)] >= value;
  }
  /// Returns nothing once there is an answer, else why it was not waited for.
  std::error_code await(const waiter& me, const until& limit);
  /// Wakes whoever has what he waits for; gives up the lock. Returns how many of them waited for
  /// durability.
  std::size_t serve(lock& held);
  void leaves(goal what) noexcept { durable_waiters_ -= what == goal::durable ? 1U : 0U; }
  void tell(lock& held);
  [[nodiscard]] available availability(std::uint64_t chunk, std::uint64_t offset) const;

  // So many bytes are worth waking the reader for while more is being written: each wake costs both
  // sides, and where there are fewer cores than threads, one who is woken for less takes the core
  // from those that he waits for.
  static constexpr std::uint64_t worth_waking = std::uint64_t{1} << 20U;

  room room_;
  mutable seat io_seat_, writer_seat_, reader_seat_;
  counters io_counters_, writer_counters_, reader_counters_;
  futex_rest<std_platform> crowd_;  // of the waiters

  // All below is guarded by the monitor.
  orders orders_{};
  bool news_ = false;    // orders that the I/O thread has not taken
  bool notice_ = false;  // the ring has what it was armed for
  bool lingering_ = false;
  bool reader_waits_ = false;
  std::uint64_t untold_ = 0;   // bytes published since he was told
  std::size_t gathering_ = 0;  // callers that the I/O thread waits for

  log_end end_;
  bool ended_ = false;
  std::uint64_t first_kept_ = 0, first_kept_id_ = 0;
  status poison_{};
  std::array<std::uint64_t, goals> done_{};
  std::vector<waiter*> waiters_{};
  std::vector<armed> armed_{};
  std::size_t durable_waiters_ = 0;  // of both

  bytes_view cached_{};  // ends at file_end_ of the last chunk
  std::uint64_t file_end_ = 0;
  std::uint64_t written_ = 0;  // bytes, since the log was opened
  bool pinned_ = false;        // the reader copies what was written from pin_ on
  std::uint64_t pin_ = 0;
  bool trim_due_ = false;

  std::atomic<std::uint64_t> durable_next_id_;
};

}  // namespace annulus::chunklog
