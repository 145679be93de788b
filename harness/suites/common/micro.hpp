// A turn of a micro-benchmark.
#pragma once

#include <string>
#include <vector>

#include "measure/cell.hpp"
#include "suites/common/measurement.hpp"

namespace annulus::bench {

/// One turn of `what` as one iteration of Google Benchmark. If `given` has no amount, it is found
/// out first. Throws what the contender throws.
harness::cell_result measure(const contender& what, setup given);

/// The contender of that shape and channel, or null.
const contender* find(const std::vector<contender>& all, const std::string& shape,
                      const std::string& channel);

}  // namespace annulus::bench
