#include "suites/common/usage.hpp"

#include <sys/resource.h>

#include <chrono>
#include <cmath>
#include <fstream>

namespace annulus::bench {
namespace {

using harness::better;

// Of this program: ru_maxrss counts what the process was before it became this program, too. 0
// where the kernel does not say.
double most_resident_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    double kib = 0;
    if (word == "VmHWM:" && status >> kib) return kib * 1024;
  }
  return 0;
}

void add_hardware(std::map<std::string, double>& to, const harness::hardware_counts& counted,
                  double bytes) {
  if (counted.cycles) to["cycles_per_byte"] = *counted.cycles / bytes;
  if (counted.instructions) to["instructions_per_byte"] = *counted.instructions / bytes;
  if (counted.cache_misses) to["cache_misses_per_kib"] = *counted.cache_misses / bytes * 1024;
}

}  // namespace

usage usage::now(const harness::hardware_counters& counters) noexcept {
  rusage at{};
  getrusage(RUSAGE_SELF, &at);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return {seconds(at.ru_utime),
          seconds(at.ru_stime),
          static_cast<double>(at.ru_minflt + at.ru_majflt),
          static_cast<double>(at.ru_nvcsw),
          static_cast<double>(at.ru_nivcsw),
          counters.now()};
}

usage& usage::operator+=(const usage& other) noexcept {
  user += other.user;
  system += other.system;
  faults += other.faults;
  voluntary_switches += other.voluntary_switches;
  involuntary_switches += other.involuntary_switches;
  hardware += other.hardware;
  return *this;
}

usage operator-(const usage& after, const usage& before) noexcept {
  return {after.user - before.user,
          after.system - before.system,
          after.faults - before.faults,
          after.voluntary_switches - before.voluntary_switches,
          after.involuntary_switches - before.involuntary_switches,
          after.hardware - before.hardware};
}

void add_usage(std::map<std::string, double>& to, const usage& spent, std::uint64_t bytes) {
  const double gib = std::ldexp(static_cast<double>(bytes), -30);
  to[harness::cpu_per_gib] = (spent.user + spent.system) / gib;
  to["user_seconds_per_gib"] = spent.user / gib;
  to["system_seconds_per_gib"] = spent.system / gib;
  to["page_faults_per_gib"] = spent.faults / gib;
  to["voluntary_switches_per_gib"] = spent.voluntary_switches / gib;
  to["involuntary_switches_per_gib"] = spent.involuntary_switches / gib;
  if (const double most = most_resident_bytes(); most > 0) to["peak_rss_bytes"] = most;
  add_hardware(to, spent.hardware, static_cast<double>(bytes));
}

void add_ring_counts(std::map<std::string, double>& to, const ring_stats& counted,
                     std::uint64_t bytes, double writer_seconds, double reader_seconds) {
  const end_stats& writer = counted.writer;
  const end_stats& reader = counted.reader;
  const double gib = std::ldexp(static_cast<double>(bytes), -30);
  const auto add = [&](const char* name, auto count) {
    to[name] = static_cast<double>(writer.*count + reader.*count) / gib;
  };
  add("waits_per_gib", &end_stats::waits);
  add("sleeps_per_gib", &end_stats::parks);
  add("wakes_per_gib", &end_stats::wakes);
  add("kernel_calls_per_gib", &end_stats::kernel_calls);
  add("membarriers_per_gib", &end_stats::barriers);
  const auto add_times = [&](const std::string& end, const end_stats& of, double seconds) {
    const auto percent = [seconds](std::chrono::nanoseconds time) {
      return std::chrono::duration<double>(time).count() / seconds * 100;
    };
    to[end + "_waiting_percent"] = percent(of.stalled);
    to[end + "_spinning_percent"] = percent(of.stalled - of.slept);
  };
  add_times("writer", writer, writer_seconds);
  add_times("reader", reader, reader_seconds);
}

harness::json occupancy_of(const ring_stats& counted) {
  return {{"writer", counted.writer.occupancy}, {"reader", counted.reader.occupancy}};
}

std::vector<harness::metric> usage_metrics() {
  return {
      {"user_seconds_per_gib", "user s/GiB", better::lower},
      {"system_seconds_per_gib", "system s/GiB", better::lower},
      {"page_faults_per_gib", "faults/GiB", better::lower},
      {"voluntary_switches_per_gib", "switches/GiB", better::lower},
      {"involuntary_switches_per_gib", "preemptions/GiB", better::lower},
      {"peak_rss_bytes", "peak MiB", better::lower, 1.0 / (1U << 20U)},
      {"cycles_per_byte", "cycles/B", better::lower},
      {"instructions_per_byte", "instructions/B", better::lower},
      {"cache_misses_per_kib", "cache misses/KiB", better::lower},
  };
}

std::vector<harness::metric> ring_count_metrics() {
  return {
      {"waits_per_gib", "waits/GiB", better::lower},
      {"sleeps_per_gib", "sleeps/GiB", better::lower},
      {"wakes_per_gib", "wakes/GiB", better::lower},
      {"kernel_calls_per_gib", "kernel calls/GiB", better::lower},
      {"membarriers_per_gib", "membarriers/GiB", better::lower},
      {"writer_waiting_percent", "% of the writer's time waiting"},
      {"reader_waiting_percent", "% of the reader's time waiting"},
      {"writer_spinning_percent", "% of the writer's time waiting awake"},
      {"reader_spinning_percent", "% of the reader's time waiting awake"},
  };
}

}  // namespace annulus::bench
