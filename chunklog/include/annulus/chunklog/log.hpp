// The chunk log, open for writing and reading: seed 003; DESIGN.md, "The chunk log";
// docs/formats.md.
#pragma once

#include <annulus/chunklog/error.hpp>
#include <annulus/chunklog/file_system.hpp>
#include <annulus/chunklog/record.hpp>
#include <annulus/transfer.hpp>
#include <annulus/until.hpp>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

namespace annulus::chunklog {

class log_core;
class log_cursor;
class chunk_log;

/// How a log is written. Neither value is stored in the log: each open chooses anew.
struct options {
  /// A chunk is never larger, in bytes. From 16 (one empty record) to `max_chunk_bytes`.
  std::uint64_t chunk_bytes = default_chunk_bytes;
  /// Records up to a quarter of this gather in memory and are written together, in bytes; 0: each
  /// at once.
  std::size_t batch_bytes = std::size_t{256} << 10U;
  /// False: nothing waits for the disk, neither `sync` nor a roll nor `close`, and the durable mark
  /// means "written". For logs that a power failure may take.
  bool durable = true;
  /// Where the files are; null: the operating system's. Must outlive the log.
  file_system* files = nullptr;
};

/// What an append did. `id` is 0 when it failed.
struct appended : status {
  std::uint64_t id = 0;
};

/// One record. `payload` is the reader's own memory, valid until the next call of `next`.
struct read_record : status {
  std::uint64_t id = 0;
  bytes_view payload{};
};

/// The appending end of a log; one thread at a time.
///
/// A failed write, truncation or sync poisons it: that error is returned by this and every later
/// call, the chunk is cut back to the last whole record, and nothing more is written. Reopen the
/// log to go on: after a failed sync the kernel may have dropped the pages, so that a second try
/// would only seem to succeed.
class log_writer {
 public:
  log_writer(const log_writer&) = delete;
  log_writer& operator=(const log_writer&) = delete;

  /// Appends one record, gathered from `parts`; an empty payload is a record too. It is readable at
  /// once and durable after the next `sync` or roll. O(payload); allocates nothing unless it fails.
  /// Blocks for writes, and at a roll for syncs; wakes a waiting reader.
  ///
  /// Errors: `record_too_large` (nothing is appended), `closed`, `chunk_numbers_exhausted` (may be
  /// tried again after acknowledgements), or the operating system's, which poisons.
  appended append(std::span<const bytes_view> parts);
  appended append(bytes_view payload) { return append({&payload, 1}); }

  /// Hands the batch to the operating system, without waiting for the disk. Errors: poisons.
  status flush();
  /// Makes every record appended so far, and every acknowledgement given so far, durable, then
  /// deletes the chunks that are acknowledged completely. Errors: poisons.
  status sync();
  /// As `sync`, and no record can follow: the reader meets the end of the stream after the last
  /// one. Can be called again. Errors: as `sync`.
  status close();

 private:
  friend class chunk_log;
  explicit log_writer(log_core& core) : core_(&core) {}
  log_core* core_;  // the chunk_log's
};

/// The delivering end of a log; one thread at a time, which may be another than the writer's.
class log_reader {
 public:
  ~log_reader();
  log_reader(const log_reader&) = delete;
  log_reader& operator=(const log_reader&) = delete;

  /// The next record that was not durably acknowledged when the log was opened, in ID order. Waits
  /// for one to be appended; a record that is still in the writer's batch is fetched from there.
  /// O(payload); allocates only for a record larger than any before.
  ///
  /// Errors: `end_of_stream`; `timed_out`, `cancelled`; `corrupt_record`, `missing_data` or the
  /// operating system's: then the position stays, so that nothing is skipped, and the next call
  /// meets the same record. When the writer is poisoned, what reached the file is delivered, then
  /// the writer's error is returned.
  read_record next(const until& limit = {});

  /// Says that the record is done with. Any order; twice is fine. What is acknowledged *without a
  /// gap* from the oldest record on is made durable by the next `sync` (of either end), `close` or
  /// roll, and never delivered again; an acknowledgement behind a gap waits in memory for the gap
  /// to close. O(1) in ID order, otherwise O(log gaps).
  ///
  /// Errors: `not_delivered`.
  status acknowledge(std::uint64_t id);

  /// The ID up to which every record is acknowledged; 0: none.
  [[nodiscard]] std::uint64_t acknowledged() const;

  /// The same as the writer's, callable while the writer appends.
  status sync();

 private:
  friend class chunk_log;
  explicit log_reader(std::unique_ptr<log_cursor> cursor);
  std::unique_ptr<log_cursor> cursor_;
};

/// What opening a log found, beside its records.
struct recovery {
  bool created = false;  ///< there was no log
  /// No valid ledger: every record was scanned, none counts as acknowledged.
  bool ledger_rebuilt = false;
  std::uint64_t torn_bytes = 0;    ///< cut off behind the last whole record
  std::uint64_t stale_chunks = 0;  ///< completely acknowledged chunks, deleted now
  std::uint64_t next_id = 1;       ///< the ID that the next append gets
  std::uint64_t acknowledged = 0;  ///< the ID up to which every record is acknowledged
  std::string notes{};  ///< a sentence for each repair, a line each; empty if there was none
};

struct opened;

/// A log, open and locked until it is destroyed.
class chunk_log {
 public:
  /// Opens the log in `directory`, or creates both. Takes buffer.lock; repairs a torn tail: what
  /// follows the last whole record and lies above the durable mark is cut off. Reads the ledger,
  /// the last chunk, and one header of each chunk that should not exist; everything when the ledger
  /// is lost. Allocates a batch. Can throw std::bad_alloc.
  ///
  /// Errors: `locked`; `bad_chunk_size`; `corrupt_record`, `missing_data` when damage lies below
  /// the durable mark and `corrupt_ledger` when the ledger contradicts the chunks: then nothing is
  /// changed, and `log_view` still reads what is left; the operating system's.
  static opened open(const std::filesystem::path& directory, const options& how = {});

  /// Closes, dropping the error that `close` would have returned. Precondition: neither end is in a
  /// call.
  ~chunk_log();
  chunk_log(const chunk_log&) = delete;
  chunk_log& operator=(const chunk_log&) = delete;

  [[nodiscard]] log_writer& writer() noexcept { return writer_; }
  [[nodiscard]] log_reader& reader() noexcept { return reader_; }

  /// Closes the writer and makes every acknowledgement given so far durable. The reader can still
  /// deliver, acknowledge and sync. Can be called again. Errors: as log_writer::sync.
  /// Precondition: the writer is not in a call.
  status close();

 private:
  explicit chunk_log(std::unique_ptr<log_core> core);
  std::unique_ptr<log_core> core_;
  log_writer writer_;
  log_reader reader_;
};

/// What `chunk_log::open` gives: `log` is null exactly when `error` is set.
struct opened : status {
  std::unique_ptr<chunk_log> log{};
  recovery found{};
};

}  // namespace annulus::chunklog
