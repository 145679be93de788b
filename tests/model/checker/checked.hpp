// A scenario with the bounds within which it is explored.
#pragma once

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "engine.hpp"

namespace annulus::model {

struct checked {
  std::string name;
  std::function<void()> body;
  limits quick;  ///< for every run of the tests
  limits deep;   ///< for the long ones
};
inline void PrintTo(const checked& what, std::ostream* out) {
  *out << what.name;
}
using checked_list = std::vector<checked>;

}  // namespace annulus::model
