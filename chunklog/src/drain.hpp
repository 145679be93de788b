// The I/O thread: what takes records from the ring to the chunks, and owns all files of the log.
#pragma once

#include <annulus/chunklog/options.hpp>
#include <annulus/mirror.hpp>
#include <chrono>
#include <deque>

#include "acknowledgements.hpp"
#include "directory.hpp"
#include "ledger.hpp"
#include "milestones.hpp"
#include "recovery.hpp"
#include "scan.hpp"
#include "state.hpp"
#include "tally.hpp"

namespace annulus::chunklog {

/// A plain loop around plain system calls: nobody else writes to the files, and no lock is held
/// over a call. docs/formats.md has the order of the operations.
class log_drain : private waker {
 public:
  struct counts {
    tally writes, written_bytes, syncs, checkpoints, marks, rolls, deleted_chunks, dropped_records;
  };

  log_drain(const log_directory& directory, const options& how, mirror_ring& ring, log_state& state,
            milestones& marks, acknowledgements& acknowledged, ledger book, unique_fd writer_chunk,
            const std::vector<std::uint64_t>& chunk_bytes);

  /// Until the state says stop.
  void run();

  /// What the deleted chunks held, in bytes. Any thread.
  [[nodiscard]] std::uint64_t deleted_bytes() const noexcept {
    // Acquire: pairs with remove_before(); the space is there.
    return deleted_bytes_.load(std::memory_order_acquire);
  }
  [[nodiscard]] const counts& counted() const noexcept { return counts_; }

 private:
  using clock = until::clock;

  static void notified(waker& self) noexcept;

  // The ring.
  void look();
  [[nodiscard]] std::size_t pending() const noexcept { return seen_ - kept_; }
  [[nodiscard]] bool settled();
  void release_ring();

  bool serve(const log_state::orders& orders);
  struct extent {
    std::size_t whole = 0;      // bytes up to the end of the last record that ends
    std::uint64_t records = 0;  // that end
    std::uint64_t rest = 0;     // what the record behind them lacks
  };
  [[nodiscard]] extent measure(std::size_t bytes);
  [[nodiscard]] std::size_t to_edge() const noexcept;
  void write_all();
  bool write_piece();
  void advance(std::size_t bytes, const extent& of);
  void rest();

  [[nodiscard]] bool interval_is_over() const;
  status commit(const log_state::orders& orders, bool closing);
  status sync_data();
  status mark();
  status checkpoint();
  status roll();
  void allocate();
  status give_back_space();
  status drop_oldest();
  std::uint64_t first_id_within(chunk_window& window, std::uint64_t end) const;
  status remove_before(std::uint64_t chunk);
  [[nodiscard]] ledger_state state_now(const acknowledgements::position& acknowledged) const;
  void poison(status why);
  [[nodiscard]] chunk_number number(std::uint64_t chunk) const {
    return static_cast<chunk_number>(base_ + chunk);
  }
  [[nodiscard]] std::string file(std::uint64_t chunk) const {
    return directory_.file(chunk_name(number(chunk)));
  }

  const log_directory& directory_;
  const options& how_;
  mirror_ring& ring_;
  log_state& state_;
  milestones& marks_;
  acknowledgements& acknowledged_;

  ledger book_;
  unique_fd chunk_;
  chunk_number base_;                // the number of chunk 0
  std::deque<std::uint64_t> sizes_;  // of the chunks, oldest first
  std::uint64_t oldest_ = 0;
  log_end end_;
  std::uint64_t file_end_;         // beyond end_.offset if a record was cut ...
  std::uint64_t record_rest_ = 0;  // ... of which so many bytes are to come
  std::uint64_t position_ = 0;     // what was written since the log was opened
  std::uint64_t synced_;           // this much of the last chunk is durable
  std::uint64_t synced_next_id_;
  bool allocate_;

  const std::byte* memory_ = nullptr;  // the ring's, from the first byte that is kept
  std::size_t seen_ = 0;               // bytes there
  std::size_t kept_ = 0;               // of these, written
  std::size_t in_chunk_ = 0;           // of these, in the last chunk

  std::uint64_t flushes_ = 0, checkpoints_ = 0;
  bool ended_ = false, failed_ = false;
  bool growing_ = false;  // the writer is at it: more is worth waiting for
  clock::time_point due_{};
  bool is_due_ = false;  // due_ counts
  clock::time_point last_commit_{};
  std::size_t group_ = 0;
  clock::duration sync_time_{};

  counts counts_;
  std::atomic<std::uint64_t> deleted_bytes_{0};
};

}  // namespace annulus::chunklog
