// What would change an answer.
#pragma once

#include "report/advice_field.hpp"
#include "report/advice_rule.hpp"

namespace annulus::harness {

/// Sentences: what other sizes, less CPU, and requests up and down from this one would give. `best`
/// is chosen of `field`.
std::vector<std::string> changes_of(const neighbours& around, const choice_rule& by,
                                    const std::vector<candidate>& field, const candidate& best);

}  // namespace annulus::harness
