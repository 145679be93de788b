// All files of an open log, written in the order that a crash asks for: docs/formats.md.
#pragma once

#include <annulus/chunklog/options.hpp>
#include <chrono>

#include "acknowledgements.hpp"
#include "kept_chunks.hpp"
#include "ledger.hpp"
#include "recovery.hpp"
#include "tail_chunk.hpp"

namespace annulus::chunklog {

/// Who is told what has happened to the files. By default he does not care.
class store_watcher {
 public:
  /// The records before this one are durable, by a sync that took so long.
  virtual void durable(std::uint64_t /*next_id*/, std::chrono::nanoseconds /*took*/) {}
  /// The log ends there now, in a chunk without a record.
  virtual void began(const log_end& /*end*/) {}
  /// The oldest chunk that is kept, and its first record. Those before it are about to be deleted.
  virtual void keeps_from(std::uint64_t /*chunk*/, std::uint64_t /*first_id*/) {}
  /// Chunks were, or there is none that can be.
  virtual void deleted() {}

 protected:
  ~store_watcher() = default;
};

/// Plain system calls, one thread's: nobody else writes to the files.
class chunk_store {
 public:
  chunk_store(const log_directory& directory, const options& how, acknowledgements& acknowledged,
              store_watcher& watcher, recovered& ready);

  [[nodiscard]] tail_chunk& tail() noexcept { return tail_; }
  [[nodiscard]] const tail_chunk& tail() const noexcept { return tail_; }
  /// Any thread.
  [[nodiscard]] std::uint64_t deleted_bytes() const noexcept { return kept_.deleted_bytes(); }
  [[nodiscard]] const file_counts& counted() const noexcept { return counts_; }
  /// So many chunk numbers are taken.
  [[nodiscard]] std::uint64_t chunks() const noexcept {
    return tail_.end().chunk - kept_.oldest() + 1;
  }

  /// Makes the records of the last chunk durable; those before it are.
  status sync_data();
  /// Has the ledger say so, durably only with the next checkpoint.
  status mark();
  /// Data, then the ledger, then what the ledger has made superfluous.
  status checkpoint();
  /// Begins the next chunk. The old one is durable before the new one exists, so a tear is always
  /// in the last; and the new one is known before a record goes there.
  status roll();
  /// The oldest chunk, whatever it holds. The ledger first: a crash in between leaves a chunk that
  /// the next open deletes.
  status drop_oldest();

 private:
  [[nodiscard]] ledger_state state_now(const acknowledgements::position& acknowledged) const;
  status remove_before(std::uint64_t chunk);
  [[nodiscard]] status unwritten(std::error_code error) const;

  const log_directory& directory_;
  acknowledgements& acknowledged_;
  store_watcher& watcher_;
  file_counts counts_;
  kept_chunks kept_;
  tail_chunk tail_;
  ledger book_;
};

}  // namespace annulus::chunklog
