// All that is measured: every registered ring, the peers and the roofs.
#pragma once

#include <vector>

#include "suites/common/measurement.hpp"

namespace annulus::bench {

std::vector<contender> our_contenders();
std::vector<contender> peer_contenders();
std::vector<contender> roof_contenders();

}  // namespace annulus::bench
