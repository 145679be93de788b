// An object through the whole pipeline: read, encoded, hashed, through the rings, stored, and read
// back.
#pragma once

#include "measure/suite.hpp"

namespace annulus::suites {

const harness::suite& pipeline_suite();

}  // namespace annulus::suites
