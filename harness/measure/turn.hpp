// One turn: from what ran where to what became of it.
#pragma once

#include <chrono>
#include <vector>

#include "base/child_process.hpp"
#include "machine/topology.hpp"
#include "measure/plan.hpp"
#include "measure/samples.hpp"

namespace annulus::harness {

/// The sample of a turn that has not run.
sample sample_of(const planned_cell& cell, int repetition);

/// Puts what its process came to into the sample of a turn, in the cell's own words, with nothing
/// in them that names this machine's directories. `limit` is the time that it had. One that was
/// stopped leaves neither result nor error.
void take_outcome(const child_outcome& done, std::chrono::milliseconds limit, sample& into);

/// The CPUs that all turns have together, by the numbers of the operating system.
std::vector<int> cpus_of(const topology& machine);

}  // namespace annulus::harness
