// Durable rates: each producer appends a record, waits until it is on disk, and appends the next.
// Once the clock has stopped, all that was confirmed is read back and compared: each throws
// bench::corruption if it is not what was appended, and ends the program if a call fails.
#pragma once

#include <annulus/transfer.hpp>
#include <cstdint>
#include <filesystem>

namespace annulus::suites {

/// What the producers got confirmed within the time, all together.
struct commit_lap {
  std::uint64_t confirmed = 0;
  std::uint64_t syncs = 0;  ///< that it took
  double seconds = 0;       ///< until the last producer had its last confirmation
  double p50 = 0;           ///< of an append, until it was confirmed, in seconds
  double p99 = 0;
};

/// Group commit: `producers` threads share a log. `directory` must not exist; it is left there.
commit_lap group_commits(const std::filesystem::path& directory, std::size_t record_bytes,
                         unsigned producers, double seconds);

/// As group_commits, but the producers are coroutines that await their confirmations: none has a
/// thread, and all go on on the log's own.
commit_lap awaited_commits(const std::filesystem::path& directory, std::size_t record_bytes,
                           unsigned producers, double seconds);

/// What the log is compared with: one thread that writes a record, header included, to the end of
/// `file`, which must not exist, and syncs it, again and again.
commit_lap single_commits(const std::filesystem::path& file, std::size_t record_bytes,
                          double seconds);

/// Whether the log in `directory`, which nobody has open, holds so many records with this payload
/// and no other. Ends the program if it cannot be opened.
bool holds(const std::filesystem::path& directory, bytes_view payload, std::uint64_t records);

}  // namespace annulus::suites
