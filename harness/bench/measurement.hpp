// What is measured, and what one repetition of it gives.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "topology.hpp"

namespace annulus::bench {

/// The payload did not arrive as it was sent.
struct corruption : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// What a repetition is given.
struct setup {
  harness::cpu_pair cpus;
  std::size_t ring_size = 0;
  std::uint64_t amount = 0;  ///< bytes or round trips to move, at least; 0 where time rules
  double seconds = 0;        ///< how long, where time rules
};

/// One repetition.
struct measurement {
  double seconds = 0;        ///< from the release of the start line until the last byte is checked
  std::uint64_t amount = 0;  ///< bytes moved and checked, or round trips made
  std::map<std::string, double> metrics;
};

// The metrics, by name; the unit is part of it.
inline constexpr auto bytes_per_second = "bytes_per_second";
inline constexpr auto writes_per_second = "writes_per_second";
inline constexpr auto kernel_calls = "kernel_calls_per_million_writes";
inline constexpr auto cpu_per_gib = "cpu_seconds_per_gib";
inline constexpr auto stall_p999 = "writer_stall_p99.9_us";
inline constexpr auto round_trip_p50 = "round_trip_p50_ns";
inline constexpr auto round_trip_p99 = "round_trip_p99_ns";
inline constexpr auto round_trip_p999 = "round_trip_p99.9_ns";
inline constexpr auto reader_cpu = "parked_reader_cpu_percent";
inline constexpr auto setup_us = "set_up_us";
inline constexpr auto touched_us = "set_up_and_touched_us";
inline constexpr auto writer_cpu = "parked_writer_cpu_percent";

/// Who made it.
enum class side { ours, peer, roof };

/// One shape of one channel: what Google Benchmark calls a benchmark once it has a ring size.
struct contender {
  std::string shape;
  std::string channel;
  side whose = side::ours;
  bool timed_by_amount = true;  ///< the amount is chosen so that it lasts as long as asked for
  bool any_size = true;         ///< measured at every ring size, or at one
  std::function<measurement(const setup&)> run;
};

}  // namespace annulus::bench
