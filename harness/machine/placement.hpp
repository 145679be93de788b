// Where a cell's threads and memory go: chosen from the topology, and applied inside the cell.
#pragma once

#include <annulus/memory.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "machine/topology.hpp"

namespace annulus::harness {

/// What a placement and a memory home mean on one machine. Empty lists: unbound.
struct resolved {
  std::vector<int> producer_cpus;
  std::vector<int> consumer_cpus;
  std::vector<int> memory_nodes;
  std::string unavailable;  ///< why this machine does not have it; empty: it does
};

/// `placement` is "none", "nearest" (see nearest_pair) or the name of a relation; `memory` is any,
/// producer, consumer, third, interleaved or node:N. The representative pair of the relation is
/// taken: every producer thread runs on its first CPU, every consumer thread on its second.
resolved resolve(const topology& machine, std::string_view placement, std::string_view memory);

/// Restricts the calling thread to `cpus`; none: leaves it as it is. Threads that it starts later
/// inherit this. Throws `error` if the kernel refuses or grants fewer.
void pin_thread(std::span<const int> cpus);

/// How pages go to several nodes.
enum class spread { bind, interleave };

/// Takes memory that the calling thread touches from now on from `nodes` only (MPOL_BIND), or from
/// all of them by turns (MPOL_INTERLEAVE); no nodes: leaves it as it is. Threads that it starts
/// later inherit this; pages that exist stay. Throws `error` if the kernel refuses.
void bind_memory(std::span<const int> nodes, spread how = spread::bind);

/// Where the pages of a ring are: {"node0": 512, "absent": 3}; "absent" are those that nothing has
/// touched yet.
json pages_json(const memory_report& of);

}  // namespace annulus::harness
