#include "disturbance.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <fstream>
#include <sstream>
#include <string>

namespace annulus::bench {
namespace {

// The columns of a line of /proc/stat, see proc(5).
enum column : std::size_t { user, nice, system, idle, iowait, irq, softirq, steal, columns };

}  // namespace

cpu_usage usage_from(std::istream& stat, const harness::cpu_pair& cpus) {
  const auto first = "cpu" + std::to_string(cpus.producer);
  const auto second = "cpu" + std::to_string(cpus.consumer);
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  cpu_usage out;
  for (std::string line; std::getline(stat, line);) {
    std::istringstream fields(line);
    std::string name;
    std::array<double, columns> at{};
    fields >> name;
    if (name != first && name != second) continue;
    for (double& each : at) fields >> each;
    out.stolen += at[steal] / ticks;
    out.busy += (at[user] + at[nice] + at[system] + at[irq] + at[softirq]) / ticks;
  }
  return out;
}

cpu_usage usage_now(const harness::cpu_pair& cpus) {
  std::ifstream stat("/proc/stat");
  cpu_usage out = usage_from(stat, cpus);
  const auto seconds_of = [](clockid_t id) {
    timespec at{};
    clock_gettime(id, &at);
    return static_cast<double>(at.tv_sec) + 1e-9 * static_cast<double>(at.tv_nsec);
  };
  out.elapsed = seconds_of(CLOCK_MONOTONIC);
  out.own = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
  return out;
}

disturbance between(const cpu_usage& start, const cpu_usage& end) noexcept {
  const double whole = 2 * (end.elapsed - start.elapsed);
  if (whole <= 0) return {};
  const auto percent = [whole](double seconds) { return std::max(0.0, seconds) / whole * 100; };
  return {percent((end.busy - start.busy) - (end.own - start.own)),
          percent(end.stolen - start.stolen)};
}

}  // namespace annulus::bench
