#include "suites/common/usage.hpp"

#include <sys/resource.h>

#include <cmath>

#include "measure/suite.hpp"

namespace annulus::bench {

usage usage::now() noexcept {
  rusage at{};
  getrusage(RUSAGE_SELF, &at);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return {seconds(at.ru_utime), seconds(at.ru_stime),
          static_cast<double>(at.ru_minflt + at.ru_majflt), static_cast<double>(at.ru_nvcsw),
          static_cast<double>(at.ru_nivcsw)};
}

void add_usage(std::map<std::string, double>& to, const usage& before, const usage& after,
               std::uint64_t bytes) {
  const double gib = std::ldexp(static_cast<double>(bytes), -30);
  const double user = after.user - before.user;
  const double system = after.system - before.system;
  to[harness::cpu_per_gib] = (user + system) / gib;
  to["user_seconds_per_gib"] = user / gib;
  to["system_seconds_per_gib"] = system / gib;
  to["page_faults_per_gib"] = (after.faults - before.faults) / gib;
  to["voluntary_switches_per_gib"] = (after.voluntary_switches - before.voluntary_switches) / gib;
  to["involuntary_switches_per_gib"] =
      (after.involuntary_switches - before.involuntary_switches) / gib;
}

}  // namespace annulus::bench
