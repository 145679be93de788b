// What the pipes show beside the metrics of the rings.
#pragma once

#include <cstddef>

namespace annulus::bench {

inline constexpr auto operation_ns = "ns_per_operation";
inline constexpr auto allocations_per_million = "allocations_per_million_operations";
inline constexpr auto locks_per_operation = "lock_acquisitions_per_operation";

/// What a pipe and a ring may hold in these benchmarks, in bytes: a pipe's pause threshold.
inline constexpr std::size_t pipe_buffering = std::size_t{2} << 20;

}  // namespace annulus::bench
