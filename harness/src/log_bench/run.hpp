// Measures the rows of the table, each again and again, by turns.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "disturbance.hpp"
#include "topology.hpp"

namespace annulus::log_bench {

// The kinds of rows, as they are named on the command line and in JSON.
inline constexpr auto memory_rows = "memory";
inline constexpr auto descriptor_rows = "descriptors";
inline constexpr auto disk_rows = "disk";
inline constexpr auto durable_rows = "durable";
inline constexpr auto commit_rows = "commits";
// Measured beside those that are compared with them.
inline constexpr auto roof_rows = "roof";
inline constexpr auto awaited_commit_rows = "commits-awaited";
inline constexpr auto single_commit_rows = "fdatasync-each";

// The metrics, by name; the unit is part of it.
inline constexpr auto records_per_second = "records_per_second";
inline constexpr auto seconds_taken = "seconds";
inline constexpr auto seconds_with_sync = "seconds_with_fdatasync";
inline constexpr auto user_percent = "user_cpu_percent";
inline constexpr auto system_percent = "sys_cpu_percent";
inline constexpr auto total_percent = "total_cpu_percent";
inline constexpr auto cpu_per_record = "cpu_us_per_record";
inline constexpr auto bytes_per_write = "bytes_per_write";
inline constexpr auto percent_from_memory = "read_from_memory_percent";
inline constexpr auto confirmed_per_sync = "confirmed_per_sync";
inline constexpr auto confirmed_per_second = "confirmed_per_second";
inline constexpr auto confirmed_p50 = "acknowledgement_p50_us";
inline constexpr auto confirmed_p99 = "acknowledgement_p99_us";

/// One row, and what its repetitions gave, in order: the n-th of each cell was measured in the n-th
/// pass.
struct cell {
  std::string row;
  std::size_t record_bytes = 0;
  unsigned producers = 1;
  std::uint64_t records = 0;  ///< in each repetition; 0 where the time rules
  std::map<std::string, std::vector<double>> metrics{};
};

struct plan {
  std::set<std::string> rows{};
  std::vector<std::size_t> sizes{};
  std::uint64_t memory_records = 0;
  std::uint64_t disk_records = 0;
  std::uint64_t most_disk_bytes = ~std::uint64_t{0};  ///< of payload: long records are fewer
  std::vector<unsigned> producers{};
  std::size_t commit_bytes = 128;
  double commit_seconds = 1;
  int repetitions = 5;
  harness::cpu_pair cpus{};
  /// Disk rows: the ends stay on the one of `cpus` and the log's own thread on the other; else all
  /// run where the kernel puts them.
  bool placed = true;
  bool in_batches = true;  ///< disk rows: append_batch of 16 KiB, else append of each record
  std::filesystem::path directory{};  ///< where files go; exists, and is left empty
};

/// The cells of a plan, in the order of the tables. Those that are compared (rows that store, and
/// their roof, at one size; all commits) have a `group` in common.
struct planned {
  cell what{};
  int group = 0;
};
std::vector<planned> cells_of(const plan& what);

/// The most that the files of one repetition take, in bytes.
std::uint64_t disk_bytes(const plan& what) noexcept;

struct outcome {
  std::vector<cell> cells{};
  bench::disturbance meanwhile{};
};

/// Each repetition is a pass over all groups in random order, and over the cells of a group in
/// random order, so that what is compared was measured within seconds. `progress(done, of)` is
/// called after each lap. Throws harness::error if it was told to stop.
outcome run(const plan& what, const std::stop_token& stop,
            const std::function<void(std::size_t, std::size_t)>& progress);

}  // namespace annulus::log_bench
