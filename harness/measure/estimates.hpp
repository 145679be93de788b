// From the samples of a run to figures with intervals, and ratios between cells.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "measure/samples.hpp"
#include "measure/statistics.hpp"
#include "measure/suite.hpp"

namespace annulus::harness {

/// The figure `metric` of a cell over its repetitions in good company; of all of them if none was
/// in good company; nothing if the cell has none.
std::optional<estimate> estimate_of(const cell_samples& cell, const std::string& metric);

/// `one` divided by `other`, repetition by repetition: those of one pass were measured beside each
/// other. Nothing if no repetition has both, or `other` is 0 in one.
std::optional<estimate> ratio_of(const cell_samples& one, const std::string& metric,
                                 const cell_samples& other, const std::string& other_metric);

/// Whether all that was stored or moved, in every repetition, was compared and right.
bool is_verified(const cell_samples& cell);

/// The cells that say what the machine can do at best for this one, of those that were measured.
std::vector<const cell_samples*> roofs_of(const suite& of, const cell_samples& cell,
                                          const std::vector<cell_samples>& all);

/// The cell that the suite's layout has it compared with; null if there is none, it was not
/// measured, or is the cell itself.
const cell_samples* baseline_of(const suite& of, const cell_samples& cell,
                                const std::vector<cell_samples>& all);

/// The best cell of a field by one metric.
struct winner {
  const cell_samples* cell = nullptr;
  estimate value;
  /// The others that the data cannot tell from it, best first; empty: it wins.
  std::vector<const cell_samples*> ties;
};

/// Among the cells that verified, are no roofs and were measured in good company. Nothing if there
/// are none.
std::optional<winner> winner_of(const std::vector<const cell_samples*>& field, const metric& by);

}  // namespace annulus::harness
