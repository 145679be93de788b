// Counts that one thread adds to and any thread reads.
#pragma once

#include <annulus/chunklog/stats.hpp>
#include <atomic>
#include <cstdint>

namespace annulus::chunklog {

class tally {
 public:
  void add(std::uint64_t n = 1) noexcept { set(get() + n); }
  // Relaxed, as is get(): a count publishes nothing.
  void set(std::uint64_t n) noexcept { count_.store(n, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t get() const noexcept {
    return count_.load(std::memory_order_relaxed);
  }

 private:
  std::atomic<std::uint64_t> count_{0};
};

/// What was done to the files of a log.
struct file_counts {
  tally writes, written_bytes, syncs, checkpoints, marks, rolls, deleted_chunks, dropped_records;

  void add_to(log_stats& all) const noexcept {
    all.writes = writes.get();
    all.written_bytes = written_bytes.get();
    all.syncs = syncs.get();
    all.checkpoints = checkpoints.get();
    all.marks = marks.get();
    all.rolls = rolls.get();
    all.deleted_chunks = deleted_chunks.get();
    all.dropped_records = dropped_records.get();
  }
};

}  // namespace annulus::chunklog
