// From a matrix and a machine to the cells, and the order in which they run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "machine/topology.hpp"
#include "measure/cell.hpp"
#include "measure/matrix.hpp"

namespace annulus::harness {

struct planned_cell {
  std::size_t index = 0;
  cell_request request;  ///< `input`, `work` and `amount` stay empty
  bool is_roof = false;  ///< not of the matrix, but what one of its cells is compared with
  std::string skipped;   ///< why it cannot be run; empty: it can
};

struct plan {
  std::uint64_t seed = 0;
  /// The cross product without what the filters leave out, first axis slowest; then the roofs. Each
  /// key once.
  std::vector<planned_cell> cells;
  std::vector<std::size_t> runnable;

  /// The order of one pass over the cells that can run, from 1: shuffled, the same for the same
  /// seed everywhere.
  [[nodiscard]] std::vector<std::size_t> pass(int number) const;
  /// About how long `passes` of them take.
  [[nodiscard]] double seconds(const suite& of, int passes) const;
};

/// The same arguments give the same plan, on every machine with that topology. Throws bad_input if
/// the filters leave nothing.
plan make_plan(const matrix& what, const topology& machine, std::uint64_t seed);

}  // namespace annulus::harness
