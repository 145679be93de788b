// One repetition of one row.
#pragma once

#include <cstdint>

#include "suites/common/duel.hpp"

namespace annulus::suites {

using bench::clock;
using bench::seconds_between;

/// The time, and what this process has used of its CPUs so far, in seconds.
struct reading {
  clock::time_point at{};
  double user = 0;
  double system = 0;

  static reading now() noexcept;
};

/// What `records` took.
struct lap {
  std::uint64_t records = 0;
  double seconds = 0;          ///< until the reader has looked at the last of them
  double durable_seconds = 0;  ///< until fdatasync has returned, too; 0: nothing is stored
  double user = 0;             ///< CPU-seconds of the process within `seconds`
  double system = 0;
  std::uint64_t writes = 0;       ///< calls that wrote chunks; 0: not counted
  std::uint64_t from_memory = 0;  ///< bytes that the reader had without a file

  lap() = default;
  lap(std::uint64_t count, const reading& start, const reading& end) noexcept
      : records(count),
        seconds(seconds_between(start.at, end.at)),
        user(end.user - start.user),
        system(end.system - start.system) {}
};

}  // namespace annulus::suites
