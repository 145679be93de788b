#include "report/plot.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <annulus/pipeline/escaped.hpp>
#include <cmath>
#include <string>

#include "base/error.hpp"
#include "measure/axis.hpp"
#include "measure/result_set.hpp"
#include "report/decision_plot.hpp"
#include "report/figure.hpp"
#include "report/gnuplot.hpp"
#include "report/table.hpp"

namespace annulus::harness {
namespace {

namespace fs = std::filesystem;

// Sizes in pixels.
struct drawing {
  std::size_t columns = 1;
  std::size_t rows = 1;
  double width = 0;
  double height = 0;
  double left = 0;   ///< of a panel, for its scale and for what its first names reach over
  double foot = 0;   ///< below a panel, for the names of its groups
  double slope = 0;  ///< of these names, in degrees
  double head = 0;   ///< above all panels, for the captions and the names of series
};

drawing drawing_of(const figure& what, std::size_t captions) {
  constexpr double letter = 7.4;
  constexpr double widest = 1500;
  constexpr double panel_height = 290;
  const auto groups = static_cast<double>(what.most_groups());
  const double name = letter * static_cast<double>(what.longest_name());
  drawing out;
  out.slope = name > 80 ? 50 : 30;
  const double angle = out.slope * 3.14159265 / 180;
  out.foot = 34 + name * std::sin(angle);
  out.left = std::max(84.0, 20 + name * std::cos(angle));
  const double panel = out.left + groups * (18 + 22 * static_cast<double>(what.series.size()));
  const double fitting = std::max(1.0, std::floor(widest / panel));
  out.columns = std::min(what.panels.size(), static_cast<std::size_t>(fitting));
  out.rows = (what.panels.size() + out.columns - 1) / out.columns;
  out.width = std::max(900.0, 20 + panel * static_cast<double>(out.columns));
  out.head = 62 + 18 * static_cast<double>(captions) + (what.series_axis.empty() ? 0 : 20);
  out.height = out.head + static_cast<double>(out.rows) * (panel_height + out.foot);
  return out;
}

// What a logarithmic axis, which has no zero, draws zeros as.
double floor_of(const figure& what) {
  double least = HUGE_VAL;
  for (const figure_panel& panel : what.panels) {
    for (const figure_group& group : panel.groups) {
      for (const figure_bar& bar : group.bars) {
        for (const figure_point& point : bar.points) {
          if (point.value > 0) least = std::min(least, point.value);
        }
      }
    }
  }
  return std::isfinite(least) ? least / 2 : 1;
}

// Three blocks a panel, parted as gnuplot's `index` wants it: of each group its name, then median,
// low and high of each series; of each repetition the number of its group and its series, how far
// it stands from the middle of its bar, its value, and whether it is marked; and the ends of a line
// for each roof.
std::string data_of(const figure& what) {
  const double least = what.is_logarithmic ? floor_of(what) : -HUGE_VAL;
  const auto value = [least](double each) { return fmt::format(" {:.6g}", std::max(each, least)); };
  std::string out =
      fmt::format("# {}; series: {}\n", what.what->title, fmt::join(what.series, ", "));
  for (const figure_panel& panel : what.panels) {
    std::string points;
    out += fmt::format("# {}\n", panel.title);
    for (std::size_t place = 0; place < panel.groups.size(); ++place) {
      const figure_group& group = panel.groups[place];
      std::vector<std::string> bars(what.series.size(), " NaN NaN NaN");
      for (const figure_bar& bar : group.bars) {
        bars[bar.series] = value(bar.value.median) + value(bar.value.low) + value(bar.value.high);
        const auto n = static_cast<double>(bar.points.size());
        for (std::size_t at = 0; at < bar.points.size(); ++at) {
          const figure_point& point = bar.points[at];
          points += fmt::format("{} {} {:.3f}{} {}\n", place, bar.series + 1,
                                n > 1 ? static_cast<double>(at) / (n - 1) - 0.5 : 0,
                                value(point.value), point.is_marked ? 1 : 0);
        }
      }
      out += fmt::format("\"{}\"{}\n", group.name, fmt::join(bars, ""));
    }
    out += "\n\n" + points + "\n\n";
    for (const double roof : panel.roofs)
      out += fmt::format("-0.6{0}\n{1}{0}\n\n", value(roof),
                         static_cast<double>(panel.groups.size()) - 0.4);
    if (panel.roofs.empty()) out += "NaN NaN\n";
    out += "\n\n";
  }
  return out;
}

// The axes that do not vary, and are not as they are by default.
std::string constants_text(const measured_set& from) {
  std::vector<std::string> out;
  const auto named = label_axes(from.of(), from.cells);
  for (const axis& each : from.of().axes()) {
    const json& value = from.cells.front().key.at(each.name);
    const bool is_named = std::find(named.begin(), named.end(), each.name) != named.end();
    if (!is_named && value != each.fallback)
      out.push_back(fmt::format("{} {}", each.title(), each.values.text(value)));
  }
  return fmt::format("{}", fmt::join(out, ", "));
}

std::string headline_of(const figure& what, const suite& of) {
  const better best = what.what->best;
  return fmt::format("{}: {}{}", of.traits().name, what.what->title,
                     best == better::neither ? ""
                     : best == better::lower ? " (lower is better)"
                                             : " (higher is better)");
}

std::string legend_of(const figure& what) {
  bool any_marked = false;
  bool any_roof = false;
  bool any_interval = false;
  for (const figure_panel& panel : what.panels) {
    any_roof = any_roof || !panel.roofs.empty();
    for (const figure_group& group : panel.groups) {
      for (const figure_bar& bar : group.bars) {
        any_interval = any_interval || bar.value.has_interval();
        any_marked = any_marked || std::any_of(bar.points.begin(), bar.points.end(),
                                               [](const auto& each) { return each.is_marked; });
      }
    }
  }
  std::vector<std::string> out{what.is_logarithmic ? "tick: median" : "bar: median"};
  if (any_interval) out.emplace_back("line: its 95 % interval");
  out.emplace_back("dot: a repetition");
  if (any_marked) out.emplace_back("cross: one in bad company");
  if (any_roof) out.emplace_back("dashed: the machine's limit");
  if (what.is_logarithmic) out.emplace_back("logarithmic, 0 at the foot");
  if (what.panels.size() > 1) out.emplace_back("each panel has its own scale");
  return fmt::format("{}", fmt::join(out, "; "));
}

// From above; an empty one is left out.
std::vector<std::string> captions_of(const figure& what, const measured_set& from) {
  std::vector<std::string> out{headline_of(what, from.of()), machine_line(from.environment),
                               constants_text(from), legend_of(what)};
  std::erase(out, "");
  return out;
}

// What figure.gp is told.
std::string parameters_of(const figure& what, const measured_set& from) {
  const auto captions = captions_of(what, from);
  const drawing on = drawing_of(what, captions.size());
  std::vector<std::string> titles;
  std::vector<std::string> groups;
  for (const figure_panel& panel : what.panels) {
    titles.push_back(panel.title);
    groups.push_back(std::to_string(panel.groups.size()));
  }
  std::string out = fmt::format(
      "columns = {}; rows = {}; width = {:.0f}.0; height = {:.0f}.0; left = {:.0f}.0; foot = "
      "{:.0f}.0; slope = {:.0f}; head = {:.0f}.0; ",
      on.columns, on.rows, on.width, on.height, on.left, on.foot, on.slope, on.head);
  out += fmt::format("panels = {}; series = {}; logarithmic = {}; has_legend = {}; ",
                     what.panels.size(), what.series.size(), what.is_logarithmic ? 1 : 0,
                     what.series_axis.empty() ? 0 : 1);
  out += fmt::format("unit = {}; ", gnuplot_text(what.what->title));
  out += gnuplot_array("titles", titles) + gnuplot_array("names", what.series);
  out += fmt::format("array groups[{}] = [{}]; ", groups.size(), fmt::join(groups, ", "));
  return out + gnuplot_array("captions", captions);
}

}  // namespace

std::vector<fs::path> plot_run(const fs::path& directory, const suite_list& suites,
                               const fs::path& definitions, const fs::path& out, int stop_fd) {
  const measured_set from = load_measured(directory, suites);
  const auto figures = figures_of(from);
  if (figures.empty())
    throw error(fmt::format("{} has no result to plot", pipeline::escaped(directory)));
  // Absolute: gnuplot takes names that begin with a bar or a bracket for commands.
  const fs::path target = fs::absolute(out / run_name(directory));
  prepare_directory(target);
  std::vector<fs::path> drawn;
  for (const figure& what : figures) {
    const auto files = draw_figure({.definition = definitions / "figure.gp",
                                    .target = target,
                                    .name = what.what->name,
                                    .data = data_of(what),
                                    .parameters = parameters_of(what, from)},
                                   stop_fd);
    drawn.insert(drawn.end(), files.begin(), files.end());
  }
  const auto decided = draw_decision(from, suites, definitions, target, stop_fd);
  drawn.insert(drawn.end(), decided.begin(), decided.end());
  return drawn;
}

}  // namespace annulus::harness
