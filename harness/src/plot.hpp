// The figures of a run, drawn by gnuplot.
#pragma once

#include <filesystem>
#include <vector>

namespace annulus::harness {

/// Draws every figure of the run in `directory` as SVG and PNG, with the data it is drawn from
/// beside it (throughput.svg, .png, .dat; cpu; stall), into `out`/<run name>/, replacing earlier
/// ones. `definitions` holds the gnuplot files. Returns the figures. Throws `error` if the run has
/// no results, or gnuplot is not in PATH or fails.
std::vector<std::filesystem::path> plot_run(const std::filesystem::path& directory,
                                            const std::filesystem::path& definitions,
                                            const std::filesystem::path& out);

}  // namespace annulus::harness
