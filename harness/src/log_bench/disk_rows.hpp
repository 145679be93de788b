// The disk rows: records through a chunk log, and the same bytes without one.
#pragma once

#include <filesystem>

#include "lap.hpp"

namespace annulus::log_bench {

/// What a log syncs of its own accord.
enum class syncing {
  none,  ///< nothing, as the origin
  log,   ///< as it does by default: each chunk that is full, and all of it at the end
};

/// One thread appends `records`; another takes them from the log, compares every byte, and
/// acknowledges each but the first, so that no chunk is deleted meanwhile. The time including
/// fdatasync is that of the log's own `sync`, or, if it syncs nothing, of one fdatasync a chunk
/// behind the last record. `directory` must not exist; it is left there. Ends the program if a call
/// fails; throws bench::corruption if other bytes arrive.
lap logged_records(const std::filesystem::path& directory, std::size_t record_bytes,
                   std::uint64_t records, syncing how);

/// What `records` take in a log, headers included.
std::uint64_t logged_bytes(std::size_t record_bytes, std::uint64_t records) noexcept;

/// One thread writes as many bytes as `records` take in a log, 256 KiB at a time, to a new file;
/// another reads what is there, 256 KiB at a time at most; then fdatasync. Neither makes nor looks
/// at a byte: what the machine can do at best. Ends the program if a call fails.
lap bare_writes(const std::filesystem::path& file, std::size_t record_bytes, std::uint64_t records);

}  // namespace annulus::log_bench
