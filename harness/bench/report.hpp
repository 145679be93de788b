// What a run found, for people and for programs.
#pragma once

#include <span>
#include <string>

#include "json.hpp"
#include "run.hpp"
#include "suite.hpp"

namespace annulus::bench {

/// A table a shape, then the verdicts.
std::string to_text(const suite& what, std::span<const cell> cells, const plan& how,
                    const disturbance& meanwhile);

/// Every cell with its medians, intervals and repetitions, and the verdicts. `environment` says
/// which machine and build this was.
harness::json to_json(const suite& what, std::span<const cell> cells, const plan& how,
                      const disturbance& meanwhile, const harness::json& environment);

}  // namespace annulus::bench
