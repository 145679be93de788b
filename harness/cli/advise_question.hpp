// What `annulus advise` is asked.
#pragma once

#include <string>
#include <vector>

#include "cli/measuring.hpp"
#include "measure/matrix.hpp"
#include "report/advice.hpp"

namespace annulus::cli {

/// As its options spell it; what is empty was not given.
struct spelled_request {
  std::string message, pairs, sink, load;
};

/// Adds these options.
void add_request(CLI::App& to, spelled_request& given);

struct question {
  harness::matrix cells;  ///< what would be measured for it: some rings and sizes
  std::vector<harness::advice_request>
      requests;  ///< any of them is an answer, the first one rather
};

/// Throws usage_error, failure if this build lacks the suite, and bad_input.
question question_of(const spelled_request& given, const measuring& how);

}  // namespace annulus::cli
