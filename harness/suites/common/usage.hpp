// What a turn costs besides its time.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace annulus::bench {

/// What this process has used so far.
struct usage {
  double user = 0;  ///< seconds of CPU time
  double system = 0;
  double faults = 0;
  double voluntary_switches = 0;
  double involuntary_switches = 0;

  static usage now() noexcept;
};

/// Adds what moving `bytes` took, per GiB.
void add_usage(std::map<std::string, double>& to, const usage& before, const usage& after,
               std::uint64_t bytes);

}  // namespace annulus::bench
