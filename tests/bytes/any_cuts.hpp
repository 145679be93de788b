// Where a property cuts its bytes.
#pragma once

#include <rapidcheck.h>

#include <cstddef>
#include <vector>

namespace annulus::testing {

/// Any places before `end`.
inline std::vector<std::size_t> any_cuts(std::size_t end) {
  return *rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(0, end));
}

}  // namespace annulus::testing
