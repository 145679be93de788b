// The samples of a result set for other programs.
#pragma once

#include <string>
#include <vector>

#include "measure/samples.hpp"
#include "measure/suite.hpp"

namespace annulus::harness {

/// A table in CSV (RFC 4180, with a head): a row for each sample, those without a result included;
/// a column for each axis and each metric, with its unit in the head. Sizes are bytes, times are
/// UTC, CPUs are parted by blanks. What a sample does not have is empty, never zero.
std::string to_csv(const suite& of, const std::vector<sample>& samples);

}  // namespace annulus::harness
