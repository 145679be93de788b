// ledger.state: where the log's ends were at the last checkpoint. docs/formats.md, "The ledger".
#pragma once

#include <annulus/chunklog/error.hpp>
#include <annulus/core/unique_fd.hpp>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "directory.hpp"

namespace annulus::chunklog {

/// The origin's 24 bytes, in bytes from the start of the file.
struct origin_layout {
  static constexpr std::size_t writer_file = 0;
  static constexpr std::size_t reader_file = 2;
  static constexpr std::size_t next_id = 8;
  static constexpr std::size_t last_acknowledged = 16;
  static constexpr std::size_t bytes = 24;
};

/// One of the two slots, in bytes from its start.
struct slot_layout {
  static constexpr std::size_t magic = 0;
  static constexpr std::size_t sequence = 8;
  static constexpr std::size_t writer_file = 16;
  static constexpr std::size_t reader_file = 18;
  static constexpr std::size_t next_id = 24;
  static constexpr std::size_t last_acknowledged = 32;
  static constexpr std::size_t durable_bytes = 40;
  static constexpr std::size_t checksum = 60;
  static constexpr std::size_t bytes = 64;

  // A sector each: a torn write of one cannot touch the other.
  static constexpr std::array<std::uint64_t, 2> offsets{512, 1024};
  static constexpr std::uint64_t magic_value = 0x31524744454C4E41;  // "ANLEDGR1" in the file
};
static_assert(slot_layout::checksum + sizeof(std::uint32_t) == slot_layout::bytes);

/// What a checkpoint records.
struct ledger_state {
  chunk_number writer_file = 0;
  chunk_number reader_file = 0;  ///< holds the oldest unacknowledged record
  std::uint64_t next_id = 1;     ///< of the first record behind the durable mark
  std::uint64_t last_acknowledged = 0;
  std::uint64_t durable_bytes = 0;  ///< the durable mark, in the writer's file

  friend bool operator==(const ledger_state&, const ledger_state&) = default;
};

/// A log's chunk files, sorted by what a ledger says of them.
struct chunk_order {
  std::vector<chunk_number>
      run{};  ///< from the reader's to the writer's, and those that directly follow
  std::vector<chunk_number> missing{};  ///< of the former
  std::vector<chunk_number> strays{};   ///< all others
};
chunk_order arrange(const std::vector<chunk_number>& present, const ledger_state& state);

/// The newest valid slot of a ledger.
struct ledger_slot {
  std::uint64_t sequence = 0;  ///< 0: there is none
  ledger_state state{};
};

struct ledger_read : status {
  unique_fd file{};  ///< none when there is no ledger
  std::uint64_t file_bytes = 0;
  ledger_slot newest{};
  /// Where a slot is that has been written and is not valid: rot, or a disk that tears sectors. If
  /// it was the newer one, its acknowledgements are forgotten.
  std::optional<std::uint64_t> damaged_slot{};
};
ledger_read read_ledger(const log_directory& directory, int open_flags);

/// An open ledger. Not thread-safe.
class ledger {
 public:
  ledger(file_system& files, unique_fd file, const ledger_slot& newest, bool durable)
      : files_(&files),
        file_(std::move(file)),
        newest_(newest),
        durable_sequence_(newest.sequence),
        durable_(durable) {}

  [[nodiscard]] const ledger_state& state() const noexcept { return newest_.state; }

  /// Overwrites the older slot and the origin's bytes; durable on return, unless the log is not.
  /// After an error the ledger must not be written again.
  std::error_code checkpoint(const ledger_state& state);
  /// As checkpoint(), but durable only with the next one. Marks overwrite each other: the slot that
  /// is known to be on the disk stays.
  std::error_code mark(const ledger_state& state);
  /// Whether the disk may not have the state yet.
  [[nodiscard]] bool marked() const noexcept { return durable_sequence_ != newest_.sequence; }
  /// Makes what a dead process may only have written durable.
  std::error_code sync();

 private:
  std::error_code write(const ledger_state& state);

  file_system* files_;
  unique_fd file_;
  ledger_slot newest_;
  std::uint64_t durable_sequence_;  // of the slot that no mark may touch
  bool durable_;
};

}  // namespace annulus::chunklog
