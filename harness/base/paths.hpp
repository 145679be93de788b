// Results are published: they name no absolute path.
#pragma once

#include <string>
#include <string_view>

namespace annulus::harness {

/// `text` with every absolute path in it cut to its last component: "cannot open part.1".
std::string without_paths(std::string_view text);

}  // namespace annulus::harness
