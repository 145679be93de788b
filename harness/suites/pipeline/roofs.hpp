// What bounds a cell of the pipeline: its whole work without rings, and each part by itself, on one
// thread.
#pragma once

#include <string_view>

#include "measure/cell.hpp"

namespace annulus::suites {

/// What the axes `ring` and `mode` say of roofs, which have neither.
inline constexpr auto no_ring = "none";
inline constexpr auto roof_mode = "roof";  ///< reads, encodes and hashes, and folds what it has
inline constexpr auto encoding_mode = "encoding";
inline constexpr auto hashing_mode = "hashing";
inline constexpr auto sink_mode = "sink";  ///< gives the sinks the bytes that they would be given

/// Whether the axis `mode` names a roof.
bool is_roof_mode(std::string_view mode) noexcept;

/// Precondition: is_roof_mode(). Throws harness::error if what was asked for could not be done.
harness::cell_result run_pipeline_roof(const harness::cell_request& cell);

}  // namespace annulus::suites
