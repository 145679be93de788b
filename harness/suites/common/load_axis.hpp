// The axis `load`, which every suite spells alike.
#pragma once

#include <string_view>

#include "measure/axis.hpp"

namespace annulus::bench {

/// `who` it applies to begins its help: "flow: "; `more` ends it.
harness::axis load_axis(std::string_view who, std::string_view more);

}  // namespace annulus::bench
