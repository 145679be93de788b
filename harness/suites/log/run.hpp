// One cell of the log.
#pragma once

#include <cstdint>

#include "measure/cell.hpp"

namespace annulus::suites {

/// How many records a row has that is stored: those of the matrix, or as many as there is room for.
std::uint64_t stored_records(std::uint64_t records, std::uint64_t record_bytes,
                             std::uint64_t most_bytes) noexcept;

/// One lap; of a row that is stored, behind one of its own kind that does not count. Throws
/// harness::error if there is no room for it, and bench::corruption if other bytes arrive; ends the
/// program if the log or a file fails.
harness::cell_result run_log_cell(const harness::cell_request& cell);

}  // namespace annulus::suites
