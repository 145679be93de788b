// The figures of a run, drawn by gnuplot.
#pragma once

#include <filesystem>
#include <vector>

namespace annulus::harness {

/// Draws every figure of the run in `directory` as SVG and PNG, with the data it is drawn from
/// beside it (throughput.svg, .png, .dat; cpu; stall), into `out`/<run name>/, replacing earlier
/// ones. `definitions` holds the gnuplot files. Returns the figures. Throws `error` if the run has
/// no results, gnuplot is not in PATH or fails, or `stop_fd`, unless negative, became readable.
std::vector<std::filesystem::path> plot_run(const std::filesystem::path& directory,
                                            const std::filesystem::path& definitions,
                                            const std::filesystem::path& out, int stop_fd = -1);

/// Throws `error` if gnuplot does not run, or `out` cannot be written: before what is to be drawn
/// is measured.
void check_plotting(const std::filesystem::path& out);

}  // namespace annulus::harness
