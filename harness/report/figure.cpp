#include "report/figure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "measure/axis.hpp"
#include "measure/estimates.hpp"
#include "report/table.hpp"

namespace annulus::harness {
namespace {

template <class List, class Value>
bool has(const List& list, const Value& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

// The one of that name, added if there is none.
template <class List>
auto& named(List& list, const std::string& name, std::string List::value_type::*member) {
  for (auto& each : list) {
    if (each.*member == name) return each;
  }
  auto& added = list.emplace_back();
  added.*member = name;
  return added;
}

bool has_results(const cell_samples& cell) {
  return !cell.results.empty() || !cell.marked.empty();
}

// What stands side by side in the table; else what names its rows beside their first name.
std::string series_axis_of(const suite& of, const std::vector<std::string>& varying) {
  const layout& table = of.traits().table;
  if (has(varying, table.across)) return table.across;
  for (std::size_t at = table.rows.size(); at > 1; --at) {
    if (has(varying, table.rows[at - 1])) return table.rows[at - 1];
  }
  return "";
}

estimate scaled(const estimate& value, double scale) {
  return {value.median * scale, value.low * scale, value.high * scale, value.n};
}

class drafter {
 public:
  explicit drafter(const measured_set& from) : from_(from), of_(from.of()) {
    std::vector<json> keys;
    for (const cell_samples& cell : from.cells) {
      if (!cell.is_roof && has_results(cell)) keys.push_back(cell.key);
    }
    series_axis_ = series_axis_of(of_, varying_axes(keys));
    section_axis_ = section_axis(of_, keys);
    for (const std::string& axis : label_axes(of_, from.cells)) {
      if (axis != series_axis_ && axis != section_axis_) group_axes_.push_back(axis);
    }
  }

  std::vector<figure> figures() {
    std::vector<figure> out;
    for (const cell_samples& cell : from_.cells) {
      if (cell.is_roof || !has_results(cell)) continue;
      for (const std::string& name : of_.shown(cell.key)) {
        const metric& what = find_metric(of_, name);
        const bool is_new = std::none_of(out.begin(), out.end(),
                                         [&](const figure& each) { return each.what == &what; });
        if (is_new && estimate_of(cell, name)) out.push_back(drawn(what));
      }
    }
    return out;
  }

 private:
  figure drawn(const metric& what) const {
    figure out;
    out.what = &what;
    out.series_axis = series_axis_;
    for (const cell_samples& cell : from_.cells) {
      if (!cell.is_roof && has_results(cell) && has(of_.shown(cell.key), what.name)) add(out, cell);
    }
    out.is_logarithmic = lies_far_apart(out);
    return out;
  }

  void add(figure& out, const cell_samples& cell) const {
    const auto value = estimate_of(cell, out.what->name);
    if (!value) return;
    figure_panel& panel = named(out.panels, panel_of(cell.key), &figure_panel::title);
    figure_group& group = named(panel.groups, group_of(cell.key), &figure_group::name);
    figure_bar& bar = group.bars.emplace_back();
    bar.series = series_of(out, cell.key);
    bar.value = scaled(*value, out.what->scale);
    for (const auto* const some : {&cell.results, &cell.marked}) {
      for (const auto& [repetition, result] : *some) {
        const auto at = result.metrics.find(out.what->name);
        if (at != result.metrics.end())
          bar.points.push_back({at->second * out.what->scale, some == &cell.marked});
      }
    }
    for (const cell_samples* const roof : roofs_of(of_, cell, from_.cells)) {
      if (is_part(of_.role(roof->key))) continue;
      const auto limit = estimate_of(*roof, out.what->name);
      const double median = limit ? limit->median * out.what->scale : 0;
      if (limit && !has(panel.roofs, median)) panel.roofs.push_back(median);
    }
  }

  [[nodiscard]] std::string panel_of(const json& key) const {
    if (section_axis_.empty()) return "";
    return fmt::format("{}: {}", find_axis(of_.axes(), section_axis_)->title(),
                       axis_text(of_.axes(), key, section_axis_));
  }
  [[nodiscard]] std::string group_of(const json& key) const {
    return group_axes_.empty() ? of_.traits().name : cell_label(of_.axes(), key, group_axes_);
  }
  [[nodiscard]] std::size_t series_of(figure& out, const json& key) const {
    const std::string name = series_axis_.empty() ? "" : axis_text(of_.axes(), key, series_axis_);
    const auto at = std::find(out.series.begin(), out.series.end(), name) - out.series.begin();
    const auto place = static_cast<std::size_t>(at);
    if (place == out.series.size()) out.series.push_back(name);
    return place;
  }

  // Within a panel: each has a scale of its own.
  static bool lies_far_apart(const figure& in) {
    constexpr double far = 30;
    return std::any_of(in.panels.begin(), in.panels.end(), [](const figure_panel& panel) {
      double least = std::numeric_limits<double>::infinity();
      double most = 0;
      for (const figure_group& group : panel.groups) {
        for (const figure_bar& bar : group.bars) {
          if (bar.value.median > 0) least = std::min(least, bar.value.median);
          most = std::max(most, bar.value.median);
        }
      }
      return most > far * least;
    });
  }

  const measured_set& from_;
  const suite& of_;
  std::string series_axis_;
  std::string section_axis_;
  std::vector<std::string> group_axes_;
};

}  // namespace

std::size_t figure::most_groups() const {
  std::size_t out = 0;
  for (const figure_panel& panel : panels) out = std::max(out, panel.groups.size());
  return out;
}

std::size_t figure::longest_name() const {
  std::size_t out = 0;
  for (const figure_panel& panel : panels) {
    for (const figure_group& group : panel.groups) out = std::max(out, group.name.size());
  }
  return out;
}

std::vector<figure> figures_of(const measured_set& from) {
  return drafter(from).figures();
}

}  // namespace annulus::harness
