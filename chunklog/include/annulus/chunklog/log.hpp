// The chunk log, open for writing and reading: seed 003; DESIGN.md, "The chunk log";
// docs/formats.md. What is left after a crash: docs/durability.md.
#pragma once

#include <annulus/async.hpp>
#include <annulus/chunklog/error.hpp>
#include <annulus/chunklog/file_system.hpp>
#include <annulus/chunklog/options.hpp>
#include <annulus/chunklog/record.hpp>
#include <annulus/chunklog/stats.hpp>
#include <annulus/transfer.hpp>
#include <annulus/until.hpp>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <stop_token>
#include <string>

namespace annulus::chunklog {

class log_core;
class log_cursor;
struct opened_files;

/// What an append did. `id` is the record's, or 0 when it failed.
struct appended : status {
  std::uint64_t id = 0;
};

/// What a batch of appends did: `records` of them went in, with consecutive IDs from `first` on.
struct appended_batch : status {
  std::uint64_t first = 0;
  std::size_t records = 0;
};

struct log_record {
  std::uint64_t id = 0;
  bytes_view payload{};
};

/// One record. `payload` is the reader's own memory, valid until its next call but `acknowledge`.
struct read_record : status {
  std::uint64_t id = 0;
  bytes_view payload{};
};

/// The records that can be had at once, at least one unless `error` is set. The span and the
/// payloads are the reader's own memory, valid until its next call but `acknowledge`.
struct read_batch : status {
  std::span<const log_record> records{};
};

/// The appending end of a log; one thread at a time, but for `durable`, `async_durable` and
/// `durable_id`, which any thread may call. Several producers: shared_writer.hpp.
///
/// An append puts the record into a ring in memory; the log's own thread writes it to the chunk. A
/// failed write, truncation or sync poisons the log: that error is what this and every later call
/// returns, the chunk is cut back to its last whole record, and nothing more is written. Reopen the
/// log to go on: after a failed sync the kernel may have dropped the pages, so that a second try
/// would only seem to succeed.
class log_writer {
 public:
  log_writer(const log_writer&) = delete;
  log_writer& operator=(const log_writer&) = delete;

  /// Appends one record, gathered from `parts`; an empty payload is a record too. Waits only for
  /// room, in the ring or under the size cap, and at most until `limit`; a record above a quarter
  /// of the ring is not given up any more once its first piece is in. O(payload); allocates nothing
  /// unless it fails.
  ///
  /// Errors: `record_too_large`, `closed`, `log_full`, `timed_out`, `cancelled`,
  /// `chunk_numbers_exhausted` (may be tried again after acknowledgements): nothing was appended.
  /// What has poisoned the log.
  appended append(std::span<const bytes_view> parts, const until& limit = {});
  appended append(bytes_view payload, const until& limit = {}) {
    return append(std::span(&payload, 1), limit);
  }
  /// Appends a record each, in order; at an error those before it stay. As `append`.
  appended_batch append_batch(std::span<const bytes_view> payloads, const until& limit = {});

  /// Hands everything appended so far to the operating system, without waiting for the disk.
  /// Errors: what has poisoned the log.
  status flush();
  /// Makes every record appended so far, and every acknowledgement given so far, durable, then
  /// deletes the chunks that are acknowledged completely. Errors: what has poisoned the log.
  status sync();
  /// As `sync`, and no record can follow: the reader meets the end of the stream after the last
  /// one. Can be called again. Errors: as `sync`.
  status close();

  /// Waits until the record with this ID, and so all before it, would survive a crash of the
  /// machine; has that done if need be, at once for all who wait. Any thread. O(log waits).
  ///
  /// Errors: `no_such_record` if it was not appended; `timed_out`, `cancelled`; what has poisoned
  /// the log before.
  status durable(std::uint64_t id, const until& limit = {});
  /// The ID up to which records are durable by now, 0: none. Any thread, O(1).
  [[nodiscard]] std::uint64_t durable_id() const noexcept;
  /// As `durable`, but `would_block` instead of waiting. Any thread.
  status try_durable(std::uint64_t id);
  /// Has `who` notified, on the log's own thread, once `try_durable` would not block. False, and
  /// nothing armed, if that is so already. Any number of wakers, any thread.
  bool arm_durable(std::uint64_t id, waker& who);
  /// Notifies the wakers that wait for `durable`. Any thread.
  void wake();

 private:
  friend class chunk_log;
  explicit log_writer(log_core& core) : core_(&core) {}
  log_core* core_;  // the chunk_log's
};

/// The delivering end of a log; one thread at a time, which may be another than the writer's.
///
/// What can be read has been written to the file first, so a record that was delivered is not lost
/// with the process.
class log_reader {
 public:
  ~log_reader();
  log_reader(const log_reader&) = delete;
  log_reader& operator=(const log_reader&) = delete;

  /// The next record that was not durably acknowledged when the log was opened, in ID order. Waits
  /// for one to be appended. O(payload); allocates only for a record larger than any before.
  ///
  /// Errors: `end_of_stream`; `timed_out`, `cancelled`; `dropped_records`, once, when the size cap
  /// has cost records that were not delivered: the next call goes on behind them; `corrupt_record`,
  /// `missing_data` or the operating system's: then what follows is up to options::damage. When the
  /// log is poisoned, what reached the file is delivered, then that error is returned.
  read_record next(const until& limit = {});
  /// As `next`, but `would_block` instead of waiting. It does read files.
  read_record try_next();
  /// As `next`, for all records that lie in the read buffer.
  read_batch next_batch(const until& limit = {});
  read_batch try_next_batch();

  /// The protocol of annulus::operation and annulus::ready_event: has `who` notified, on the log's
  /// own thread, once a try_ call would not block. False, and nothing armed, if that is so already.
  bool arm(std::size_t /*any*/, waker& who);
  bool disarm(waker& who);
  /// Notifies an armed waker. Any thread.
  void wake();

  /// Says that the record is done with, or all from `first` to `last`. Any order; twice is fine.
  /// What is acknowledged *without a gap* from the oldest record on is made durable by the next
  /// `sync` (of either end), `close` or roll, or when it completes a chunk, and never delivered
  /// again; an acknowledgement behind a gap waits in memory for the gap to close. O(1) in ID order,
  /// otherwise O(log gaps). Any thread.
  ///
  /// Errors: `not_delivered`.
  status acknowledge(std::uint64_t first, std::uint64_t last);
  status acknowledge(std::uint64_t id) { return acknowledge(id, id); }

  /// The ID up to which every record is acknowledged; 0: none. Any thread.
  [[nodiscard]] std::uint64_t acknowledged() const;

  /// The same as the writer's. Any thread.
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

/// A log, open and locked until it is destroyed. Has a thread of its own, which owns the files and
/// may run on the CPUs of the thread that opens the log: pin that one meanwhile to place it. Where
/// CPUs are few, it is fastest on one that neither end uses.
class chunk_log {
 public:
  /// Opens the log in `directory`, or creates both. Takes buffer.lock; repairs a torn tail: what
  /// follows the last whole record and lies above the durable mark is cut off. Reads the ledger,
  /// the last chunk, the sizes of the others, and one header of each chunk that should not exist;
  /// everything when the ledger is lost. Can throw std::bad_alloc.
  ///
  /// Errors: `locked`; `bad_chunk_size`, `bad_size_cap`; `corrupt_record`, `missing_data` when
  /// damage lies below the durable mark and `corrupt_ledger` when the ledger contradicts the
  /// chunks: then nothing is changed, and `log_view` still reads what is left; `not_a_file` when
  /// the ledger, the lock or a chunk that the ledger counts is no regular file; `cancelled`; the
  /// operating system's, also when it refuses the memory of the ring or a thread.
  static opened open(const std::filesystem::path& directory, const options& how = {});
  /// The same in an open directory, which must be there. Its descriptor is not kept, and no path
  /// looked at: `path` is for sentences.
  static opened open(int directory, const std::filesystem::path& path, const options& how = {});

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

  /// Any thread.
  [[nodiscard]] log_stats stats() const;
  /// Where everybody stands, in a few lines: for whoever looks into a hang. Any thread.
  [[nodiscard]] std::string describe() const;

 private:
  explicit chunk_log(std::unique_ptr<log_core> core);
  static opened start(opened_files files, const options& how);
  std::unique_ptr<log_core> core_;
  log_writer writer_;
  log_reader reader_;
};

/// What `chunk_log::open` gives: `log` is null exactly when `error` is set.
struct opened : status {
  std::unique_ptr<chunk_log> log{};
  recovery found{};
};

namespace detail {

struct next_call {
  read_record result{};
  bool step(log_reader& end) {
    result = end.try_next();
    return result.error != errc::would_block;
  }
  bool arm(log_reader& end, waker& who) { return end.arm(1, who); }
};

struct next_batch_call {
  read_batch result{};
  bool step(log_reader& end) {
    result = end.try_next_batch();
    return result.error != errc::would_block;
  }
  bool arm(log_reader& end, waker& who) { return end.arm(1, who); }
};

struct durable_call {
  std::uint64_t id;
  status result{};
  bool step(log_writer& end) {
    result = end.try_durable(id);
    return result.error != errc::would_block;
  }
  bool arm(log_writer& end, waker& who) { return end.arm_durable(id, who); }
};

}  // namespace detail

/// As reader.next(), awaited: resumes on the log's own thread, which must not be kept long.
inline auto async_next(log_reader& end, std::stop_token token = {}) {
  return operation(end, detail::next_call{}, std::move(token));
}
inline auto async_next_batch(log_reader& end, std::stop_token token = {}) {
  return operation(end, detail::next_batch_call{}, std::move(token));
}

/// As writer.durable(id), awaited: resumes on the log's own thread, which must not be kept long.
/// What goes on there may append if nobody else does at that time (shared_writer), but must not
/// wait for room: that thread makes it. Any number at once; the log must outlive them.
inline auto async_durable(log_writer& end, std::uint64_t id, std::stop_token token = {}) {
  return operation(end, detail::durable_call{id}, std::move(token));
}

}  // namespace annulus::chunklog
