// What a matrix would measure on this machine, before it is measured.
#pragma once

#include <vector>

#include "base/json.hpp"
#include "measure/matrix.hpp"

namespace annulus::cli {

/// Each prints to standard output, as JSON if `as_data`.
/// Every shipped matrix, in a line.
void show_shipped(bool as_data);
/// A sentence about each of these.
void show_outlook(const std::vector<harness::matrix>& of, bool as_data);
/// Their cells too, and why some are skipped.
void show_cells(const std::vector<harness::matrix>& of, bool as_data);

}  // namespace annulus::cli
