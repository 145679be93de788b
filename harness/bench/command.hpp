// annulus bench: the command.
#pragma once

#include <vector>

#include "measurement.hpp"

namespace annulus::bench {

/// Runs the command over these contenders and returns its exit status.
int command(int argc, char** argv, const std::vector<contender>& contenders);

}  // namespace annulus::bench
