// Every suite there is: a new one adds its line in registry.cpp.
#pragma once

#include "measure/suite.hpp"

namespace annulus::suites {

const harness::suite_list& all_suites();

}  // namespace annulus::suites
