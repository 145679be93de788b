// The figure that shows at a glance what a run decides.
#pragma once

#include <filesystem>
#include <vector>

#include "measure/suite.hpp"
#include "report/measured.hpp"

namespace annulus::harness {

/// Draws decision.svg and .png into `target`, with a panel for each section of the run's table: a
/// row for each cell, with every repetition, median and interval, the baseline and the roof.
/// `definitions` holds decision.gp. Draws and returns nothing if no cell has a baseline. Throws as
/// `draw_figure`.
std::vector<std::filesystem::path> draw_decision(const measured_set& from, const suite_list& suites,
                                                 const std::filesystem::path& definitions,
                                                 const std::filesystem::path& target, int stop_fd);

}  // namespace annulus::harness
