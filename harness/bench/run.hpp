// Measures contenders with Google Benchmark: one iteration a repetition, in random order over all
// cells.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "disturbance.hpp"
#include "measurement.hpp"

namespace annulus::bench {

/// A repetition failed: which, and why.
struct failed_run : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// One contender at one ring size, and what its repetitions gave, in the order they ran.
struct cell {
  contender what;
  std::size_t ring_size = 0;
  std::uint64_t amount = 0;  ///< bytes, or round trips, that each repetition moved and checked
  std::map<std::string, std::vector<double>> metrics;
};

struct plan {
  harness::cpu_pair cpus;
  double seconds = 0.1;  ///< about how long a repetition lasts
  int repetitions = 9;
};

/// Fills in the cells and tells what else the CPUs did meanwhile. `progress(done, of)` is called
/// after each repetition. Throws failed_run if a repetition could not be made or delivered other
/// bytes than were sent; no further one is then made.
disturbance run(std::vector<cell>& cells, const plan& how,
                const std::function<void(std::size_t, std::size_t)>& progress);

}  // namespace annulus::bench
