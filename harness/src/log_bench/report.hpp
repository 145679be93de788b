// What a run found, for people and for programs.
#pragma once

#include <string>

#include "json.hpp"
#include "run.hpp"

namespace annulus::log_bench {

/// Whether files there are on something that keeps them without power.
bool is_memory(const std::string& file_system) noexcept;

/// The seed's table, what it leaves out, and the verdicts.
std::string to_text(const plan& how, const outcome& found, const std::string& file_system);

/// Every cell with its medians, intervals and repetitions, the seed's figures, and the verdicts.
harness::json to_json(const plan& how, const outcome& found, const std::string& file_system,
                      const harness::json& environment);

}  // namespace annulus::log_bench
