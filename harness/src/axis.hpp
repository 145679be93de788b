// The axes of a matrix as they appear in keys, labels and column heads.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "json.hpp"

namespace annulus::harness {

/// One axis value as people read it: sizes as "2MiB", truths as yes and no. Throws `error` if the
/// key lacks the axis.
std::string axis_text(const json& key, const std::string& axis);

/// The names of the axes with more than one value among `keys`, in the order of the first key.
std::vector<std::string> varying_axes(std::span<const json> keys);

/// The values of ring, sink and mode, and of the other axes in `varying`: "futex dir serial 2MiB".
std::string cell_label(const json& key, std::span<const std::string> varying);

}  // namespace annulus::harness
