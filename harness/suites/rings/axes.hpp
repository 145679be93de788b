// What a cell of the rings can be: the descriptors of its axes, and what each shape uses of them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "measure/axis.hpp"
#include "measure/cell.hpp"
#include "suites/common/measurement.hpp"

namespace annulus::suites {

/// Something that two ends do with a channel.
struct shape_info {
  std::string_view name;
  std::string_view title;
  std::vector<std::string> shown;      ///< metrics, the one by which its cells are judged first
  std::vector<std::string_view> uses;  ///< axes beside shape, ring, placement and memory
};

/// In the order that they are shown; the last one is that of the roofs.
const std::vector<shape_info>& all_shapes();
/// Throws harness::bad_input if there is none.
const shape_info& shape_of(std::string_view name);

std::vector<harness::axis> rings_axes(const std::vector<bench::contender>& all);

/// The memory policy that a value of the axis `pages` stands for.
memory_policy policy_of(const std::string& pages);

/// What a contender is given for one turn of a cell.
bench::setup setup_of(const harness::cell_request& cell);

}  // namespace annulus::suites
