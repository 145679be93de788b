// One cell of the pipeline.
#pragma once

#include "measure/cell.hpp"

namespace annulus::suites {

/// What the axes `ring` and `mode` say of the roof, which has neither.
inline constexpr auto no_ring = "none";
inline constexpr auto roof_mode = "roof";

/// Throws harness::error if what was asked for could not be done.
harness::cell_result run_pipeline_cell(const harness::cell_request& cell);

}  // namespace annulus::suites
