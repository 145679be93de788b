// How a program of commands begins and ends.
#pragma once

#include <functional>

#include "cli/command.hpp"

namespace annulus::cli {

/// Runs `parse`, which has `app` parse the arguments and thereby do the work, and writes what it
/// printed. Returns what main should: 0; or, after one sentence on standard error, 2 for wrong
/// usage, 3 for a bad verdict and 1 for a failure, that standard output cannot be written included.
int exit_status(const CLI::App& app, const std::function<void()>& parse);

}  // namespace annulus::cli
