// All that is measured: every registered ring, the peers and the roofs; and the pipe.
#pragma once

#include <string>
#include <vector>

#include "measurement.hpp"

namespace annulus::bench {

std::vector<contender> our_contenders();
std::vector<contender> peer_contenders();
std::vector<contender> roof_contenders();

/// For annulus bench pipelines.
std::vector<contender> pipeline_contenders();

}  // namespace annulus::bench
