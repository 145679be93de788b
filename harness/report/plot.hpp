// The figures of a run, drawn by gnuplot.
#pragma once

#include <filesystem>
#include <vector>

#include "measure/suite.hpp"

namespace annulus::harness {

/// Draws a figure for every metric that the suite shows of the cells of the run in `directory`, as
/// SVG and PNG with the data that it is drawn from beside it (bytes_per_second.svg, .png, .dat),
/// into `out`/<run name>/, replacing earlier ones. It has a panel for each value of the axis that
/// parts the suite's table, and shows every repetition over the median and its interval.
/// `definitions` holds figure.gp. Returns the figures, the one by which cells are judged first.
/// Throws `error` if the run has no results, gnuplot is not in PATH or fails, or `stop_fd`, unless
/// negative, became readable.
std::vector<std::filesystem::path> plot_run(const std::filesystem::path& directory,
                                            const suite_list& suites,
                                            const std::filesystem::path& definitions,
                                            const std::filesystem::path& out, int stop_fd = -1);

/// Throws `error` if gnuplot does not run, or `out` cannot be written: before what is to be drawn
/// is measured.
void check_plotting(const std::filesystem::path& out);

}  // namespace annulus::harness
