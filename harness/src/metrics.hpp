// From the raw results of a cell to what tables and figures show.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "samples.hpp"
#include "statistics.hpp"

namespace annulus::harness {

/// What one cell measured, over its repetitions.
struct cell_metrics {
  estimate throughput;    ///< object bytes / wall seconds, in MB/s (1e6 bytes)
  estimate cpu_per_gib;   ///< CPU seconds of the whole process for 2^30 object bytes
  estimate stall_p99;     ///< 99th percentile of what one wait of a writer lasts, in µs
  bool verified = false;  ///< what was stored was read back right, in every repetition
};

/// Throws `error` that names the cell if a result lacks a metric or has an impossible one.
/// Precondition: the cell has a result.
cell_metrics metrics_of(const cell_results& cell);

/// The fastest cell of one sink, among those that verified.
struct winner {
  std::string sink;
  std::string label;
  std::size_t cell = 0;
  estimate throughput;
  /// The other cells that the data cannot tell from it, fastest first; empty: it wins.
  std::vector<std::string> ties;
};

/// One for each sink that has a verified cell, in the order of cells. Throws as `metrics_of`.
std::vector<winner> winners(const std::vector<sample>& samples);

}  // namespace annulus::harness
