// Making a damaged log whole again, without what is damaged. docs/formats.md, "Repair".
#pragma once

#include <annulus/chunklog/verify.hpp>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace annulus::chunklog {

/// Bytes of a chunk that hold no whole record that is due.
struct lost_bytes {
  std::string file{};        ///< its name within the directory
  std::uint64_t offset = 0;  ///< in bytes
  std::uint64_t bytes = 0;   ///< 0: the whole file is missing
};

/// What a repair gives up at one place of a log.
struct lost_records {
  std::uint64_t first_id = 0;  ///< 0: no record that the log counts
  std::uint64_t last_id = 0;
  std::vector<lost_bytes> places{};
  /// It lies above the durable mark, behind all that is whole: opening the log would cut it off.
  bool torn_tail = false;
};

/// What a repair does.
struct repair_plan {
  log_summary before{};
  std::vector<fault> faults{};
  std::vector<lost_records> lost{};      ///< in the order of the log
  std::vector<std::string> rewritten{};  ///< chunks that change
  std::vector<std::string> created{};    ///< new ones: empty where one is missing, or with
                                         ///< records whose chunk had a number out of order
  std::vector<std::string> removed{};    ///< chunks of which nothing is left that the log needs
  std::uint64_t records = 0;             ///< that are kept: all whole ones
  std::uint64_t bytes = 0;               ///< of all chunks afterwards
  std::uint64_t next_id = 1;             ///< afterwards, as the next
  std::uint64_t last_acknowledged = 0;

  /// Whether the log is not whole.
  [[nodiscard]] bool needed() const noexcept { return !faults.empty(); }
};

enum class repair_kind {
  copy,      ///< writes another directory; the log is only read
  in_place,  ///< changes the log
};

struct opened_repair;

/// A repair, planned and waiting to be done: the log is locked until this is destroyed, so that the
/// plan stays true. One thread at a time.
///
/// Every whole record is kept, in the order of the IDs, whatever chunk it lies in. Where records
/// are lost, a gap marker says which; the log goes on behind all IDs that it ever knew. Nothing
/// else in the directory is touched.
class log_repair {
 public:
  /// Reads all of the log, as `verify` does, and plans. Takes a shared lock for a copy, an
  /// exclusive one in place. Can throw std::bad_alloc.
  ///
  /// Errors: as `verify`.
  static opened_repair open(const std::filesystem::path& directory, repair_kind kind,
                            const reading_options& how = {});
  ~log_repair();
  log_repair(log_repair&& other) noexcept;
  log_repair& operator=(log_repair&& other) noexcept;

  [[nodiscard]] const repair_plan& plan() const noexcept;

  /// Writes the repaired log into `to`, which must be absent or empty, its ledger last; durable on
  /// return. After an error `to` is incomplete. `progress` is called with the bytes written.
  ///
  /// Errors: `std::errc::directory_not_empty`; `cancelled`; the operating system's.
  status copy_to(const std::filesystem::path& to);

  /// Repairs the log itself; durable on return. A crash at any moment loses no whole record: new
  /// files are written and synced beside the old ones (NAME.repair), then renamed over them, chunk
  /// by chunk and the ledger last, and repairing again completes it. Needs space for the chunks
  /// that change, which are all where their numbers are out of order and leave no room.
  /// Precondition: opened with `in_place`.
  ///
  /// Errors: `cancelled`, as long as nothing has been renamed; `not_a_file`, before anything is
  /// changed, where a link, a FIFO, a directory or a device has the name of a file to be written;
  /// the operating system's.
  status apply();

 private:
  struct state;
  explicit log_repair(std::unique_ptr<state> planned);
  std::unique_ptr<state> state_;
};

/// What `log_repair::open` gives: `repair` is empty exactly when `error` is set.
struct opened_repair : status {
  std::optional<log_repair> repair{};
};

}  // namespace annulus::chunklog
