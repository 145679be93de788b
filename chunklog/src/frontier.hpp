// Where the chunks end that a reader can see, and the reader who waits there.
#pragma once

#include <annulus/transfer.hpp>
#include <annulus/until.hpp>
#include <cstdint>
#include <string>

#include "log_monitor.hpp"
#include "order_book.hpp"
#include "tail_cache.hpp"

namespace annulus::chunklog {

struct log_end {
  std::uint64_t chunk = 0;    ///< counted from the oldest at open: no wrap
  std::uint64_t offset = 0;   ///< whole records up to here
  std::uint64_t next_id = 1;  ///< of the record behind them
};

/// What there is to read behind a position.
struct available : status {
  std::uint64_t end = 0;       ///< the chunk holds whole records up to here
  bool final = false;          ///< the writer has left this chunk
  std::uint64_t first = 0;     ///< the oldest chunk that has not been dropped ...
  std::uint64_t first_id = 0;  ///< ... and its first record
  std::uint64_t next_id = 0;   ///< behind the last one that was written
};

class frontier {
 public:
  using lock = log_monitor::lock;

  frontier(log_monitor& shared, order_book& orders, tail_cache& cache, const log_end& end)
      : shared_(shared), orders_(orders), cache_(cache), end_(end) {}

  // The reader's.

  /// Waits until chunk `chunk` holds more than `offset` bytes, or is left, or the log ends.
  available wait(std::uint64_t chunk, std::uint64_t offset, const until& limit);
  /// As wait(), but `would_block`.
  available look(std::uint64_t chunk, std::uint64_t offset);
  bool arm(std::uint64_t chunk, std::uint64_t offset, waker& who);
  bool disarm(waker& who);
  void wake();
  /// The chunk from which on records are kept.
  [[nodiscard]] available first_kept() const;

  // The I/O thread's.

  /// The chunks end here now; `bytes` more than before, the last ones of which are in memory, in
  /// the chunk up to `file_end`. A reader who waits is told now and then; see tell_reader().
  void publish(const log_end& end, std::uint64_t bytes, bytes_view cached, std::uint64_t file_end);
  /// Has a reader who waits look at what there is. For when there will be no more for a while.
  void tell_reader();
  void publish_first_kept(std::uint64_t chunk, std::uint64_t id);
  /// No record will follow.
  void ended();
  /// The log is poisoned. With the lock held.
  void failed(lock& held);

  [[nodiscard]] std::uint64_t waits() const { return reader_counters_.snapshot().parks; }
  /// Precondition: the lock is held.
  [[nodiscard]] std::string describe() const;

 private:
  void tell(lock& held);
  [[nodiscard]] available behind(std::uint64_t chunk, std::uint64_t offset) const;

  // So many bytes are worth waking the reader for while more is being written: each wake costs both
  // sides, and where there are fewer cores than threads, one who is woken for less takes the core
  // from those that he waits for.
  static constexpr std::uint64_t worth_waking = std::uint64_t{1} << 20U;

  log_monitor& shared_;
  order_book& orders_;
  tail_cache& cache_;
  log_monitor::seat reader_seat_;
  log_monitor::counters reader_counters_;

  log_end end_;
  bool ended_ = false;
  std::uint64_t untold_ = 0;  // bytes published since he was told
  std::uint64_t first_kept_ = 0, first_kept_id_ = 0;
};

}  // namespace annulus::chunklog
