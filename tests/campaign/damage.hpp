// Every operation that a case can do to a disk, by name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scene.hpp"

namespace annulus::campaign {

/// All names.
const std::vector<std::string>& operation_names();
bool is_operation(std::string_view name);

/// Where the disks of a case are, and what lies around them.
struct surroundings {
  fs::path disks;    ///< d0, d1, … and a file that is none of them
  fs::path outside;  ///< what links lead to
};

/// Does it. What is not there any more is left alone: an operation may come to nothing.
void apply(const operation& what, const scene& stored, const surroundings& where);

}  // namespace annulus::campaign
