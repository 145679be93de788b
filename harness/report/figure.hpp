// What a figure shows: laid out, and not yet drawn.
#pragma once

#include <string>
#include <vector>

#include "measure/statistics.hpp"
#include "report/measured.hpp"

namespace annulus::harness {

/// One repetition.
struct figure_point {
  double value = 0;
  bool is_marked = false;
};

/// One cell.
struct figure_bar {
  std::size_t series = 0;
  estimate value{};
  std::vector<figure_point> points{};
};

/// Cells that stand together, one for each series at most.
struct figure_group {
  std::string name;
  std::vector<figure_bar> bars;
};

struct figure_panel {
  std::string title;
  std::vector<figure_group> groups;
  std::vector<double> roofs;  ///< what the machine could do at best
};

/// All values are as they are shown: in the unit of the title.
struct figure {
  const metric* what = nullptr;
  std::string series_axis;          ///< by what the series differ; empty: there is one
  std::vector<std::string> series;  ///< their names
  std::vector<figure_panel> panels;
  bool is_logarithmic = false;  ///< medians lie far apart

  [[nodiscard]] std::size_t most_groups() const;
  [[nodiscard]] std::size_t longest_name() const;  ///< of a group, in letters
};

/// One for each metric that the suite shows of a cell with results, the one by which cells are
/// judged first.
std::vector<figure> figures_of(const measured_set& from);

}  // namespace annulus::harness
