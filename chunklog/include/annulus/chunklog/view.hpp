// A log's records, read-only and in any order: what `get` reads and `inspect` prints.
#pragma once

#include <annulus/chunklog/error.hpp>
#include <annulus/core/unique_fd.hpp>
#include <annulus/transfer.hpp>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace annulus::chunklog {

class file_system;
struct opened_directory;

/// Where one record is.
struct record_entry {
  std::uint64_t id = 0;
  std::uint64_t offset = 0;  ///< of the record's first byte in its chunk
  std::uint32_t payload_bytes = 0;
  std::uint32_t checksum = 0;
  std::uint16_t chunk = 0;
};

enum class fault_kind {
  torn_tail,       ///< an incomplete record above the durable mark: opening the log will cut it off
  corrupt_record,  ///< a record that should be whole is not
  id_gap,          ///< a whole record with another ID than the one that should follow
  bad_ledger,      ///< no valid ledger, or one that contradicts the chunks
  missing_data,    ///< bytes or chunks that the ledger calls durable are not there
  unreadable,      ///< the operating system cannot read what is there
};

/// "torn_tail", ... Thread-safe.
const char* name_of(fault_kind kind) noexcept;

/// One thing that is wrong with a log.
struct fault {
  fault_kind kind{};
  std::string file{};        ///< its name within the directory
  std::uint64_t offset = 0;  ///< in bytes
  std::uint64_t id = 0;      ///< of the record that should be there; 0: unknown, or none
  std::string sentence{};
};

struct chunk_summary {
  std::uint16_t number = 0;
  std::string file{};
  std::uint64_t bytes = 0;
  std::uint64_t records = 0;  ///< whole ones, as far as their headers say
};

/// What `inspect` prints. The ledger's values are 0 when there is no valid ledger.
struct log_summary {
  std::vector<chunk_summary> chunks{};  ///< in the order of their records
  std::uint64_t bytes = 0;              ///< of all chunks
  std::uint64_t records = 0;            ///< in all chunks, acknowledged ones included
  std::uint64_t payload_bytes = 0;      ///< of these records
  std::uint64_t lost_records = 0;       ///< given up by earlier repairs, within these chunks
  std::uint64_t first_id = 0;           ///< 0: there is no record
  std::uint64_t last_id = 0;            ///< 0: there is no record
  std::uint64_t torn_bytes = 0;         ///< what opening the log will cut off
  bool ledger_valid = false;
  std::uint64_t ledger_sequence = 0;  ///< checkpoints written so far
  std::uint16_t writer_chunk = 0;
  std::uint16_t reader_chunk = 0;
  std::uint64_t next_id = 1;  ///< at the last checkpoint
  std::uint64_t last_acknowledged = 0;
  std::uint64_t durable_bytes =
      0;  ///< the durable mark: this much of the writer's chunk was synced
};

/// What `log_view::read` gives: `bytes` of the span were filled.
struct record_read : status {
  std::size_t bytes = 0;
};

/// How a view is opened.
struct view_options {
  /// That walk chunks at the same time; 0: one for each CPU that the caller may run on.
  unsigned threads = 1;
  /// Ends the opening.
  std::stop_token stop{};
  /// Where the files are; null: the operating system's. Thread-safe; must outlive the view.
  file_system* files = nullptr;
};

struct viewed;

/// An index of a log that nobody has open for writing. Changes nothing, works on a read-only file
/// system, and keeps writers out (a shared lock on buffer.lock) until it is destroyed. One thread
/// at a time; several views of one log may be open.
class log_view {
 public:
  /// Walks the headers of all records, and the payloads only above the durable mark: O(records).
  /// Damage does not fail it but is listed in `faults`, and the walk resumes at the next whole
  /// record. Can throw std::bad_alloc.
  ///
  /// The files of the first 32 chunks stay open, so that they can be read though somebody deletes
  /// them; those of others are opened when they are read, within the directory that was opened
  /// here.
  ///
  /// Errors: `locked`; `not_a_log`; `cancelled`; the operating system's.
  static viewed open(const std::filesystem::path& directory, const view_options& how = {});
  /// The same of an open directory. Its descriptor is not kept, and no path looked at: `path` is
  /// for sentences.
  static viewed open(int directory, const std::filesystem::path& path,
                     const view_options& how = {});

  /// The number of records.
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
  /// All records, in the order in which they lie in the chunks.
  [[nodiscard]] std::span<const record_entry> entries() const noexcept { return entries_; }
  /// The index of the record with this ID: O(log records).
  [[nodiscard]] std::optional<std::size_t> find(std::uint64_t id) const noexcept;

  /// Reads one payload into `out`, with a single read, and checks it. On `corrupt_record` the bytes
  /// are in `out`, but are not to be trusted. O(payload).
  ///
  /// Errors: `no_such_record`; `span_too_small`; `corrupt_record`; `missing_data`; the operating
  /// system's.
  record_read read(std::size_t index, bytes_span out);

  /// Reads and checks every record; what is wrong is returned and not added to `faults`. O(bytes).
  std::vector<fault> check();

  /// What `open` found wrong.
  [[nodiscard]] const std::vector<fault>& faults() const noexcept { return faults_; }
  [[nodiscard]] const log_summary& summary() const noexcept { return summary_; }

 private:
  struct open_chunk {
    std::uint16_t number = 0;
    unique_fd file{};
  };
  log_view() = default;
  static viewed open_in(opened_directory&& made, const view_options& how);
  status open_file(std::uint16_t chunk, int& file);

  std::filesystem::path directory_;
  unique_fd directory_fd_;
  unique_fd lock_;
  std::vector<record_entry> entries_;
  std::vector<fault> faults_;
  log_summary summary_;
  file_system* files_ = nullptr;
  std::vector<open_chunk> kept_;
  // The chunk read last that is not kept: records are mostly read in order.
  open_chunk last_;
};

/// What `log_view::open` gives: `view` is empty exactly when `error` is set.
struct viewed : status {
  std::optional<log_view> view{};
};

}  // namespace annulus::chunklog
