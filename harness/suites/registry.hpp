// Every suite there is: a new one adds its line to the list in CMakeLists.txt.
#pragma once

#include "measure/suite.hpp"

namespace annulus::suites {

const harness::suite_list& all_suites();

}  // namespace annulus::suites
