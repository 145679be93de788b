// The disk rows: records through a chunk log, and the same bytes without one.
#pragma once

#include <filesystem>
#include <future>
#include <span>
#include <utility>
#include <vector>

#include "machine/placement.hpp"
#include "suites/log/lap.hpp"

namespace annulus::suites {

/// What a log syncs of its own accord.
enum class syncing {
  none,  ///< nothing, as the origin
  log,   ///< as it does by default: each chunk that is full, and all of it at the end
};

/// How records are appended.
enum class appending {
  batches,  ///< 16 KiB of payload a call, as in the memory rows
  each,     ///< a call for each
};

/// On which CPUs threads run; none: where the kernel puts them.
struct thread_places {
  std::vector<int> ends{};  ///< the appender and the reader
  std::vector<int> log{};   ///< the log's own thread
};

/// One thread appends `records`; another takes them from the log, compares every byte, and
/// acknowledges each but the first, so that no chunk is deleted meanwhile. The time including
/// fdatasync is that of the log's own `sync`, or, if it syncs nothing, of one fdatasync a chunk
/// behind the last record. `directory` must not exist; it is left there. Ends the program if a call
/// fails; throws bench::corruption if other bytes arrive.
lap logged_records(const thread_places& where, const std::filesystem::path& directory,
                   std::size_t record_bytes, std::uint64_t records, syncing how,
                   appending by = appending::batches);

/// Has `work()` done by a thread that stays on `cpus`, as do those that it starts.
template <class Work>
auto started_on(std::span<const int> cpus, Work work) {
  return std::async(std::launch::async, [cpus, work = std::move(work)] {
    harness::pin_thread(cpus);
    return work();
  });
}

/// What `records` take in a log, headers included.
std::uint64_t logged_bytes(std::size_t record_bytes, std::uint64_t records) noexcept;

/// One thread, in the log's place, writes as many bytes as `records` take in a log, 256 KiB at a
/// time, to a new file; another one, in the reader's, reads what is there, 256 KiB at a time at
/// most; then fdatasync. While the clock runs, neither makes nor looks at a byte: what the machine
/// can do at best. Ends the program if a call fails; throws bench::corruption if the file does not
/// hold what was written.
lap bare_writes(const thread_places& where, const std::filesystem::path& file,
                std::size_t record_bytes, std::uint64_t records);

}  // namespace annulus::suites
