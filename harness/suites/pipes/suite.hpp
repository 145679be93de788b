// The pipe by the size of its segments, with a ring beside it.
#pragma once

#include "measure/suite.hpp"

namespace annulus::suites {

const harness::suite& pipes_suite();

}  // namespace annulus::suites
