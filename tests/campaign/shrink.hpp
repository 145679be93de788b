// A violating case made as small as it goes.
#pragma once

#include <functional>

#include "plan.hpp"

namespace annulus::campaign {

/// Leaves out operations, disks and bytes as long as `violates` says so of what remains; at most
/// so many attempts.
case_plan shrink(case_plan plan, const std::function<bool(const case_plan&)>& violates,
                 unsigned attempts = 200);

}  // namespace annulus::campaign
