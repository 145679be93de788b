// Checking all of a log: every record's CRC-32 and ID, and what the ledger says of them.
#pragma once

#include <annulus/chunklog/view.hpp>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <vector>

namespace annulus::chunklog {

class file_system;

/// How a log is read by those that read all of it.
struct reading_options {
  /// That read chunks, and parts of large ones, at the same time; 0: one for each CPU that the
  /// caller may run on. The result does not depend on it.
  unsigned threads = 0;
  /// Called now and then with the bytes read so far, by one thread at a time.
  std::function<void(std::uint64_t)> progress{};
  std::stop_token stop{};
  /// Where the files are; null: the operating system's. Thread-safe.
  file_system* files = nullptr;
};

/// What `verify` found. There is a fault exactly when the log is not whole.
struct verified : status {
  log_summary summary{};
  std::vector<fault> faults{};  ///< in the order of the log

  [[nodiscard]] bool whole() const noexcept { return ok() && faults.empty(); }
};

/// Reads and checks every record of a log that nobody has open for writing, and changes nothing: it
/// holds a shared lock meanwhile, and works on a read-only file system. Goes on at the next whole
/// record behind damage, also above the durable mark, so that a torn tail with whole records behind
/// it is told from one without. O(bytes), in memory O(faults + 1 MiB + the largest record) a
/// thread. Can throw std::bad_alloc.
///
/// Errors: `locked`; `not_a_log`; `cancelled`; the operating system's, but not that a chunk cannot
/// be read: that is a fault.
verified verify(const std::filesystem::path& directory, const reading_options& how = {});

}  // namespace annulus::chunklog
