// The rings alone: every registered one, the packaged queues that one could take instead, and the
// machine's limits.
#pragma once

#include "measure/suite.hpp"

namespace annulus::suites {

const harness::suite& rings_suite();

}  // namespace annulus::suites
