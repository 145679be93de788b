// One cell of the pipeline.
#pragma once

#include "measure/cell.hpp"

namespace annulus::suites {

/// Throws harness::error if what was asked for could not be done.
harness::cell_result run_pipeline_cell(const harness::cell_request& cell);

}  // namespace annulus::suites
