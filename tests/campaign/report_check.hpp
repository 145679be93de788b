// What each run of the command owes whoever started it, whatever it was asked.
#pragma once

#include "oracle.hpp"

namespace annulus::campaign {

/// Whether it ended by itself, with a status that it may have, one sentence about a failure, and
/// JSON if that was wanted.
std::vector<finding> check_report(const run_result& result, const std::string& what, bool json);

}  // namespace annulus::campaign
