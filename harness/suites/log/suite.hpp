// Records through the chunk log: the seed's table, what it leaves out, and durable rates.
#pragma once

#include "measure/suite.hpp"

namespace annulus::suites {

const harness::suite& log_suite();

}  // namespace annulus::suites
