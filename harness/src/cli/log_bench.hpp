// annulus log bench.
#pragma once

#include "command.hpp"

namespace annulus::cli {

/// Adds `bench` to `annulus log`.
void add_log_bench(CLI::App& log);

}  // namespace annulus::cli
