// All of a log, read-only: what the view, verify and repair begin with.
#pragma once

#include <sched.h>

#include <algorithm>
#include <thread>
#include <vector>

#include "ledger.hpp"
#include "walk.hpp"

namespace annulus::chunklog {

struct survey_options {
  walk_options walk{};
  unsigned threads = 1;        ///< that walk chunks, the calling one included
  std::size_t kept_files = 0;  ///< of so many chunks the file stays open in chunk_walk::kept
};

struct survey : status {
  log_summary summary{};
  std::vector<fault> faults{};       ///< in the order of the log
  std::vector<chunk_walk> chunks{};  ///< in the order of their records
  /// Chunks that the ledger does not count among the log's, walked only with walk_options::salvage.
  std::vector<chunk_walk> strays{};
  ledger_state ledger{};
  bool ledger_damaged = false;  ///< the slot beside that of `ledger`, which may be the newer one
  std::vector<chunk_number> others{};  ///< names of chunks that are no regular files
};

/// 0 asked for: one for each CPU that this thread may run on.
inline unsigned threads_of(unsigned asked) {
  if (asked != 0) return asked;
  cpu_set_t allowed;
  // A machine with more CPUs than the set has is not asked for its own.
  const bool known = ::sched_getaffinity(0, sizeof allowed, &allowed) == 0;
  return known ? static_cast<unsigned>(CPU_COUNT(&allowed))
               : std::max(1U, std::thread::hardware_concurrency());
}

/// Walks every chunk. `walk_options::progress` is called by one thread at a time, with the bytes
/// walked by all. Damage does not fail it. Can throw std::bad_alloc. Precondition: a lock on the
/// log.
///
/// Errors: `not_a_log`, `cancelled`, the operating system's for what is no damage of a chunk.
survey survey_log(const log_directory& directory, const survey_options& how);

}  // namespace annulus::chunklog
