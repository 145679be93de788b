// Two builds on one matrix: where the second is worse.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "measure/samples.hpp"
#include "measure/statistics.hpp"
#include "measure/suite.hpp"
#include "report/measured.hpp"

namespace annulus::harness {

enum class finding {
  worse,   ///< beyond the gate, beyond the interval, and by the second opinion
  better,  ///< the same
  no_difference,
  moved_with_yardstick,  ///< worse or better, but not beside what no build changes
  no_verdict,
};

/// One cell of both.
struct compared_cell {
  json key;
  std::string label;
  const metric* by = nullptr;       ///< the figure that it is judged by
  std::array<std::size_t, 2> n{};   ///< repetitions in good company
  std::array<double, 2> medians{};  ///< as measured
  estimate ratio{};                 ///< second / first, where there is a verdict
  std::string yardstick{};          ///< a roof or a peer; empty: there is none
  estimate beside{};                ///< the ratio that is left beside it
  bool is_steadier_beside = false;  ///< it varies no more than alone
  double chance = 1;  ///< that nothing is worse (or, of ratios that are better, better) and it yet
                      ///< looks so; corrected
  finding found = finding::no_verdict;
  std::string reason{};  ///< why there is no verdict
};

struct comparison {
  double gate = 0;
  std::vector<compared_cell> cells;   ///< the worst first, those without a verdict last
  std::vector<std::string> unpaired;  ///< cells that one of the two lacks: the label, and which
  std::size_t needed =
      0;  ///< repetitions that so many cells need for a verdict at all, if they have fewer; else 0
  double machine =
      1;  ///< what the yardsticks gave in the second, of the first: the median of cells
  double seconds = 0;  ///< that the turns of the shorter of two runs took; 0: measured side by side

  [[nodiscard]] std::size_t count(finding what) const;
  /// What no build changes differs by more than the gate: the machine was in another state.
  [[nodiscard]] bool has_machine_moved() const;
};

/// How repetitions of the two belong together.
enum class pairing {
  none,      ///< measured one after the other
  by_round,  ///< those of one number were measured side by side
};

/// Compares the cells that both have. Samples in bad company are left out. What is said of a cell
/// takes `least_for_interval` repetitions, or that many pairs.
///
/// Roofs and peers are not judged: no build changes them, so that what they do between two runs is
/// the machine's. Of those measured by turns with a cell that one is its yardstick beside which it
/// varies least from repetition to repetition. If that is no more than alone, the verdict is of the
/// ratio that is left beside it, whatever it is alone. Else it is of the ratio alone, unless what
/// is left beside the yardstick is within the gate.
///
/// Unpaired, the ratio is a shift of logarithms, see shift_between(); paired, the median of the
/// ratios, see median_with_interval(). The second opinion is chance_of_ranks_above() of both sides,
/// one-sided as the question is, corrected_by_holm() for the number of cells: of two runs that do
/// not differ one in twenty at most has a cell that is found worse.
comparison compare_cells(const suite& of, const std::vector<cell_samples>& first,
                         const std::vector<cell_samples>& second, double gate, pairing how);

/// Seconds that all turns of a result set took.
double seconds_of(const measured_set& from);

/// In what two result sets differ besides their builds: "another machine (a and b)"; empty: in
/// nothing. Throws bad_input if they are of different suites.
std::vector<std::string> differences(const measured_set& first, const measured_set& second);

/// A table, and the verdict in a sentence. `names` say which two were compared, `across` in what
/// else they differ.
std::string to_text(const comparison& value, const std::array<std::string, 2>& names,
                    const std::vector<std::string>& across);
json to_json(const comparison& value, const std::array<json, 2>& sides,
             const std::vector<std::string>& across);
/// "2 of 36 cells are worse by more than 5 %"
std::string verdict_text(const comparison& value);

}  // namespace annulus::harness
