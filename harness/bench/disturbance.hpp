// Whether the measured CPUs had other work to do meanwhile.
#pragma once

#include <istream>

#include "topology.hpp"

namespace annulus::bench {

/// What two CPUs did since the machine started, in seconds; and what this process used.
struct cpu_usage {
  double busy = 0;    ///< by anybody, without `stolen`
  double stolen = 0;  ///< by the hypervisor
  double elapsed = 0;
  double own = 0;
};

/// Reads `stat`, in the form of /proc/stat, for these CPUs; zero for those that it does not name.
cpu_usage usage_from(std::istream& stat, const harness::cpu_pair& cpus);

/// As of now. Zero if the kernel does not tell.
cpu_usage usage_now(const harness::cpu_pair& cpus);

/// In % of the two CPUs' time between two readings.
struct disturbance {
  double others = 0;  ///< used by other processes and the kernel's own work
  double stolen = 0;

  /// More than a quiet machine's own housekeeping.
  [[nodiscard]] bool matters() const noexcept { return others + stolen > 3; }
};

disturbance between(const cpu_usage& start, const cpu_usage& end) noexcept;

}  // namespace annulus::bench
