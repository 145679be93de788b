// annulus bench: the command.
#pragma once

#include <vector>

#include "suite.hpp"

namespace annulus::bench {

/// Runs the command, with a subcommand for each of these, and returns its exit status.
int command(int argc, char** argv, const std::vector<offer>& offers);

}  // namespace annulus::bench
