// What the two ends of an open log share.
#pragma once

#include <annulus/chunklog/log.hpp>
#include <condition_variable>
#include <mutex>
#include <vector>

#include "acknowledgements.hpp"
#include "directory.hpp"
#include "ledger.hpp"

namespace annulus::chunklog {

/// What there is to read behind a position.
struct available : status {
  std::uint64_t end = 0;  ///< the chunk holds whole records up to here
  bool final = false;     ///< the writer has left this chunk
};

/// The state of an open log. `append`, `flush` and `close` are the writer's thread's, `wait` the
/// reader's; `sync` is for both.
///
/// Locks, in the order in which they are taken: `checkpoint_` serialises syncs, rolls and the
/// ledger, and is held over waits for the disk; `mutex_` guards the batch and the end of the log,
/// and is held over writes but never over a sync, so that a reader does not wait for the disk. The
/// acknowledgements have their own.
class log_core {
 public:
  log_core(log_directory directory, unique_fd lock, const options& how, ledger book,
           unique_fd writer_chunk);

  appended append(std::span<const bytes_view> parts);
  status flush();
  status sync();
  status close();

  /// Waits until chunk `number` holds more than `offset` bytes, or is left, or the log ends.
  available wait(chunk_number number, std::uint64_t offset, const until& limit);

  [[nodiscard]] const log_directory& directory() const noexcept { return directory_; }
  [[nodiscard]] acknowledgements& acknowledged() noexcept { return acknowledged_; }

 private:
  status checkpoint();
  status roll();
  status write_batch(std::span<const bytes_view> behind);
  status write_ledger(const ledger_state& state);
  status poison(status why);

  const log_directory directory_;
  const unique_fd lock_;
  const options how_;
  acknowledgements acknowledged_;

  // The writer's thread's own: where the next record goes, behind the batch.
  std::uint64_t end_ = 0;

  std::mutex checkpoint_;
  ledger book_;

  std::mutex mutex_;
  std::condition_variable_any readable_;
  bool reader_waits_ = false;
  unique_fd chunk_;  // replaced only with `checkpoint_` held too
  chunk_number number_ = 0;
  std::uint64_t written_ = 0;  // whole records in the chunk
  std::vector<std::byte> batch_;
  std::size_t batched_ = 0;
  std::uint64_t next_id_ = 1;
  bool closed_ = false;
  status poison_{};
};

}  // namespace annulus::chunklog
