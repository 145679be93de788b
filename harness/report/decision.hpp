// What a table decides: which cell of each section to take, rather than the baseline.
#pragma once

#include <string>
#include <vector>

#include "report/table.hpp"

namespace annulus::harness {

/// How much faster than the baseline something must be to be worth having: a twentieth.
inline constexpr double worth_having = 1.05;

/// Of one section. Refers to its table.
struct decision {
  enum class kind {
    untold,    ///< nothing was verified often enough in good company
    baseline,  ///< nothing is worth more than the baseline
    one,       ///< one cell is better than all others
    tie,       ///< the data cannot tell the best from others
  };

  kind how = kind::untold;
  const table_section* section = nullptr;
  const table_cell* choice = nullptr;     ///< null if untold; of a tie the one that takes least CPU
  const table_cell* baseline = nullptr;   ///< null if there is none that can be compared with
  const table_cell* best = nullptr;       ///< by the section's first figure; null if untold
  std::vector<const table_cell*> tied{};  ///< with the best, itself included; empty: no tie
  std::size_t ignored = 0;  ///< cells of which too few samples were verified in good company
};

/// Whether a cell is what others are compared with.
bool is_baseline(const suite& of, const table_cell& cell);

/// Of each section, in their order.
std::vector<decision> decisions_of(const table& from);

/// What tells a cell from the others of its section, by the values of what varies there and the
/// cell makes use of: "futex 2MiB", or with `titles` "futex (ring size 2MiB)".
std::string cell_name(const table& of, const table_section& in, const table_cell& cell,
                      bool titles);

/// One sentence: "Load closed: futex (ring size 2MiB), 1.92 [1.85-1.99] times pipe, …"
std::string sentence_of(const table& of, const decision& made);
/// The same at a glance: "futex 2MiB: 1.92 × pipe".
std::string headline_of(const table& of, const decision& made);

}  // namespace annulus::harness
