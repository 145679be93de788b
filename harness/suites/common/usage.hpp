// What a turn costs besides its time.
#pragma once

#include <annulus/stats.hpp>
#include <cstdint>
#include <map>
#include <string>

#include "base/json.hpp"
#include "machine/counters.hpp"
#include "measure/suite.hpp"

namespace annulus::bench {

/// What this process has used, so far or between two moments.
struct usage {
  double user = 0;  ///< seconds of CPU time
  double system = 0;
  double faults = 0;
  double voluntary_switches = 0;
  double involuntary_switches = 0;
  harness::hardware_counts hardware{};

  /// `counters`: made before the threads that they are to count.
  static usage now(const harness::hardware_counters& counters) noexcept;

  usage& operator+=(const usage& other) noexcept;
  friend usage operator-(const usage& after, const usage& before) noexcept;
};

/// Adds what moving `bytes` took, per GiB, and how much memory this process had at most until now.
void add_usage(std::map<std::string, double>& to, const usage& spent, std::uint64_t bytes);

/// Adds what the two ends of rings counted while they moved `bytes`. How long the threads at each
/// end waited is in % of their time: `writer_seconds` and `reader_seconds`, summed over threads.
void add_ring_counts(std::map<std::string, double>& to, const ring_stats& counted,
                     std::uint64_t bytes, double writer_seconds, double reader_seconds);

/// {"writer": [17 numbers], "reader": [17 numbers]}
harness::json occupancy_of(const ring_stats& counted);

/// What add_usage() and add_ring_counts() add, for the metrics of a suite.
std::vector<harness::metric> usage_metrics();
std::vector<harness::metric> ring_count_metrics();

}  // namespace annulus::bench
