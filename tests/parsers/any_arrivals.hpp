// Where a property cuts what arrives.
#pragma once

#include <rapidcheck.h>

#include <algorithm>
#include <cstddef>
#include <vector>

namespace annulus::testing {

inline std::vector<std::size_t> any_arrivals(std::size_t size) {
  auto places =
      *rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(0, size + 1));
  std::sort(places.begin(), places.end());
  return places;
}

}  // namespace annulus::testing
