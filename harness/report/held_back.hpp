// How good advice is: of requests that were measured, but are asked for without their own cells.
#pragma once

#include "report/advice.hpp"

namespace annulus::harness {

/// One request, and what its own cells say of the answer.
struct held_back {
  std::string request;  ///< "messages of 4KiB, load open:200MB/s"
  std::string chosen;   ///< from the other cells
  std::string best;     ///< of its own cells, by the figure that decides
  origin from = origin::measured;
  bool missed_rate = false;    ///< it does not reach a rate that others reach
  const metric* by = nullptr;  ///< in which the chosen one is behind the best; null: in none
  double behind = 0;           ///< by what part of the best one's figure
  bool is_tie = false;         ///< yet the rule finds them alike

  [[nodiscard]] bool is_good() const noexcept;
};
/// The part of the best one's figure by which advice may be worse.
inline constexpr double good_advice = 0.1;

/// Takes the cells of one request out, asks the others, and looks at what its own cells say of the
/// answer; `count` times at most, in an order that does not depend on any figure. Passed over are
/// cells without rings, samples in bad company, requests that the others say nothing of, and those
/// whose answer was not measured in their own cells.
std::vector<held_back> hold_back(const suite& of, const std::vector<cell_samples>& cells,
                                 std::size_t count);

std::size_t good_of(const std::vector<held_back>& found);
/// The table of them, and how many were good.
std::string to_text(const std::vector<held_back>& found);
json to_json(const std::vector<held_back>& found);

}  // namespace annulus::harness
