// In what company something was measured: what else the machine did meanwhile.
#pragma once

#include <cstddef>
#include <filesystem>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json.hpp"

namespace annulus::harness {

/// What some CPUs have done since the machine started, in seconds.
struct cpu_usage {
  double user = 0;    ///< in programs; the kernel samples this at its ticks
  double idle = 0;    ///< with nothing to do, or nothing but to wait for a disk
  double stolen = 0;  ///< while the hypervisor ran others
};

/// Reads `stat`, in the form of /proc/stat, for these CPUs; zero for those that it does not name.
cpu_usage usage_from(std::istream& stat, const std::vector<int>& cpus);

/// CPU time of the processes in /proc, in seconds, with that of the children that they waited for.
struct process_usage {
  double own = 0;         ///< of this process: of the harness and the cells that it ran
  double others = 0;      ///< of all others but the kernel's threads
  double user = 0;        ///< of both, in programs
  bool sees_all = false;  ///< the kernel's threads are seen, so nobody is hidden from this process
};

/// Of the processes that the directory `proc` shows.
process_usage processes_in(const std::filesystem::path& proc);

/// The machine's counters at one moment.
struct reading {
  double at = 0;  ///< seconds of the monotonic clock
  cpu_usage cpus{};
  process_usage processes{};
  double throttled_ms = 0;                    ///< that this process's control groups were held back
  double overheated = 0;                      ///< times that a CPU slowed itself down
  double swapped_pages = 0;                   ///< in and out
  double reclaims = 0;                        ///< times that somebody had to free memory himself
  std::map<std::string, double> pressure_ms;  ///< that somebody waited for "cpu", "io", "memory"
  std::optional<double> frequency_mhz;        ///< of the fastest of the CPUs
};

/// Reads them for these CPUs. `root` is where proc and sys are found.
reading read_counters(const std::vector<int>& cpus, const std::filesystem::path& root = "/");

/// How good the company of one sample was. Of the whole machine where nothing else is said.
struct fitness {
  double others_percent = 0;  ///< CPU time of other processes, in % of the CPUs
  double kernel_percent = 0;  ///< of its threads and interrupts, and of who is not seen
  double stolen_percent = 0;  ///< that the hypervisor gave to others
  double throttled_ms = 0;    ///< that the process's control groups were held back
  double overheated = 0;      ///< times that a CPU slowed itself down
  double swapped_pages = 0;   ///< in and out
  double reclaims = 0;        ///< times that somebody had to free memory himself
  std::map<std::string, double> pressure_ms;  ///< absent where the kernel does not say
  std::optional<double> frequency_mhz;        ///< of the fastest CPU at the end
  std::vector<std::string> marks{};           ///< why the sample is not to be trusted; empty: it is
};

/// Between two readings for that many CPUs.
fitness judge(const reading& start, const reading& end, std::size_t cpus);

json to_json(const fitness& value);

/// Begins to watch when it is made.
class company {
 public:
  explicit company(std::vector<int> cpus, std::filesystem::path root = "/")
      : cpus_(std::move(cpus)), root_(std::move(root)), start_(read_counters(cpus_, root_)) {}

  /// Since then. A child of this process counts as measured once it has been waited for, else as
  /// one of the others.
  [[nodiscard]] fitness judge() const {
    return harness::judge(start_, read_counters(cpus_, root_), cpus_.size());
  }

 private:
  std::vector<int> cpus_;
  std::filesystem::path root_;
  reading start_;
};

}  // namespace annulus::harness
