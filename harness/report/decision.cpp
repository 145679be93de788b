#include "report/decision.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "measure/axis.hpp"

namespace annulus::harness {
namespace {

const estimate* figure_of(const table_cell& cell, const std::string& metric) {
  const auto at = cell.figures.find(metric);
  return at == cell.figures.end() ? nullptr : &at->second;
}

// Those that a verdict can be about, best first.
std::vector<const table_cell*> candidates_of(const table_section& in, const metric& by) {
  std::vector<const table_cell*> out;
  for (const table_cell& cell : in.cells) {
    const estimate* const value = figure_of(cell, by.name);
    const bool counts = cell.verified && cell.good >= least_for_interval && value != nullptr;
    if (!cell.is_roof && counts) out.push_back(&cell);
  }
  std::stable_sort(out.begin(), out.end(), [&](const auto* one, const auto* other) {
    const double left = figure_of(*one, by.name)->median;
    const double right = figure_of(*other, by.name)->median;
    return by.best == better::lower ? left < right : left > right;
  });
  return out;
}

// Effect and interval have to agree, as in a comparison of two runs. Where too few repetitions were
// beside each other for a ratio with an interval, those of the two themselves have to lie apart.
bool is_worth_more(const table_cell& best, const table_cell& baseline, const metric& by) {
  const auto& ratio = best.of_baseline;
  if (ratio && ratio->has_interval()) return ratio->low > 1 && ratio->median >= worth_having;
  const estimate& one = *figure_of(best, by.name);
  const estimate& other = *figure_of(baseline, by.name);
  return !overlap(one, other) && one.median >= worth_having * other.median;
}

const table_cell* cheapest_of(const std::vector<const table_cell*>& cells) {
  const auto cost = [](const table_cell* cell) {
    const estimate* const cpu = figure_of(*cell, cpu_per_gib);
    return cpu == nullptr ? 0 : cpu->median;
  };
  return *std::min_element(cells.begin(), cells.end(), [&](const auto* one, const auto* other) {
    return cost(one) < cost(other);
  });
}

decision decided(const suite& of, const table_section& in) {
  decision out;
  out.section = &in;
  if (in.shown.empty()) return out;
  const metric& by = *in.shown.front();
  const auto cells = candidates_of(in, by);
  const auto measured = std::count_if(in.cells.begin(), in.cells.end(),
                                      [](const table_cell& cell) { return !cell.is_roof; });
  out.ignored = static_cast<std::size_t>(measured) - cells.size();
  if (cells.empty()) return out;
  out.choice = out.best = cells.front();
  out.how = decision::kind::one;
  for (const table_cell* const cell : cells) {
    if (is_baseline(of, *cell)) out.baseline = cell;
    if (overlap(*figure_of(*out.best, by.name), *figure_of(*cell, by.name)))
      out.tied.push_back(cell);
  }
  if (out.tied.size() == 1) out.tied.clear();
  if (out.baseline != nullptr && !is_worth_more(*out.best, *out.baseline, by)) {
    out.how = decision::kind::baseline;
    out.choice = out.baseline;
  } else if (!out.tied.empty()) {
    out.how = decision::kind::tie;
    out.choice = cheapest_of(out.tied);
  }
  return out;
}

std::string figure_text(const estimate& value, const metric& what) {
  return estimate_text({value.median, 0, 0, 0}, what.scale);
}

// "stall p99.9 of 120 µs (pipe 4100)"; empty: the choice has no such figure.
std::string cost_text(const table& of, const decision& made, const char* name) {
  const auto& all = of.of->traits().metrics;
  const auto what =
      std::find_if(all.begin(), all.end(), [&](const metric& each) { return each.name == name; });
  const estimate* const value = figure_of(*made.choice, name);
  if (what == all.end() || value == nullptr) return "";
  const auto space = what->title.rfind(' ');
  const bool has_words = space != std::string::npos;
  std::string out = fmt::format("{}{} {}", has_words ? what->title.substr(0, space) + " of " : "",
                                figure_text(*value, *what),
                                has_words ? what->title.substr(space + 1) : what->title);
  const estimate* const beside =
      made.baseline == nullptr ? nullptr : figure_of(*made.baseline, name);
  if (beside == nullptr || made.baseline == made.choice) return out;
  return fmt::format("{} ({} {})", out, of.of->traits().table.baseline_value,
                     figure_text(*beside, *what));
}

std::string costs_text(const table& of, const decision& made) {
  std::vector<std::string> out{cost_text(of, made, cpu_per_gib), cost_text(of, made, stall_p999)};
  std::erase(out, "");
  return out.empty() ? "" : fmt::format("; {}", fmt::join(out, ", "));
}

// "1.92 [1.85-1.99] times pipe", or what there is without a baseline: "812 [801-820] MB/s".
std::string gain_text(const table& of, const decision& made, const table_cell& cell) {
  if (cell.of_baseline && made.baseline != nullptr) {
    return fmt::format("{} times {}", estimate_text(*cell.of_baseline),
                       of.of->traits().table.baseline_value);
  }
  const metric& by = *made.section->shown.front();
  return fmt::format("{} {}", estimate_text(*figure_of(cell, by.name), by.scale), by.title);
}

std::string verdict_text(const table& of, const decision& made) {
  const auto name = [&](const table_cell& cell) {
    return cell_name(of, *made.section, cell, true);
  };
  switch (made.how) {
    case decision::kind::untold:
      break;
    case decision::kind::baseline:
      return fmt::format("{} is as good, so that nothing needs to stand there{}{}",
                         of.of->traits().table.baseline_value,
                         made.best == made.baseline
                             ? ""
                             : fmt::format(" (the fastest, {}: {})", name(*made.best),
                                           gain_text(of, made, *made.best)),
                         costs_text(of, made));
    case decision::kind::one:
      return fmt::format("{}, {}{}", name(*made.choice), gain_text(of, made, *made.choice),
                         costs_text(of, made));
    case decision::kind::tie:
      return fmt::format("tie, cheapest is {}, {}{}", name(*made.choice),
                         gain_text(of, made, *made.choice), costs_text(of, made));
  }
  const bool any =
      std::any_of(made.section->cells.begin(), made.section->cells.end(),
                  [](const table_cell& cell) { return !cell.is_roof && cell.good > 0; });
  return any ? fmt::format(
                   "it cannot be told: no cell has the {} verified samples in good company "
                   "that an interval needs",
                   least_for_interval)
             : "it cannot be told: no sample was measured in good company";
}

}  // namespace

bool is_baseline(const suite& of, const table_cell& cell) {
  const layout& table = of.traits().table;
  return !table.baseline_axis.empty() && cell.key.at(table.baseline_axis) == table.baseline_value;
}

std::vector<decision> decisions_of(const table& from) {
  std::vector<decision> out;
  for (const table_section& each : from.sections) out.push_back(decided(*from.of, each));
  return out;
}

std::string cell_name(const table& of, const table_section& in, const table_cell& cell,
                      bool titles) {
  std::string first;
  std::vector<std::string> more;
  std::vector<std::string> axes = in.columns;
  if (!in.across.empty()) axes.push_back(in.across);
  for (const std::string& axis : axes) {
    std::set<json> values;
    for (const table_cell& each : in.cells) {
      if (!each.is_roof) values.insert(each.key.at(axis));
    }
    const std::string text = axis_text(of.of->axes(), cell.key, axis);
    if (first.empty()) {
      first = text;
    } else if (makes_use_of(*of.of, cell.key, axis, values)) {
      more.push_back(titles ? find_axis(of.of->axes(), axis)->title() + " " + text : text);
    }
  }
  if (more.empty()) return first;
  return titles ? fmt::format("{} ({})", first, fmt::join(more, ", "))
                : fmt::format("{} {}", first, fmt::join(more, " "));
}

std::string sentence_of(const table& of, const decision& made) {
  std::string out;
  if (!of.section_axis.empty()) {
    out = fmt::format("{} {}: ", find_axis(of.of->axes(), of.section_axis)->title(),
                      made.section->value);
    out[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(out[0])));
  }
  out += verdict_text(of, made);
  if (made.choice != nullptr && made.ignored > 0) {
    out += fmt::format(
        " (without {} of {} cells, too few of whose samples count)", made.ignored,
        made.ignored + candidates_of(*made.section, *made.section->shown.front()).size());
  }
  return out + ".";
}

std::string headline_of(const table& of, const decision& made) {
  const std::string& baseline = of.of->traits().table.baseline_value;
  if (made.how == decision::kind::untold) return "cannot be told";
  if (made.how == decision::kind::baseline) return fmt::format("nothing: {} is as good", baseline);
  const std::string gain =
      made.choice->of_baseline && made.baseline != nullptr
          ? fmt::format(", {} × {}", estimate_text({made.choice->of_baseline->median, 0, 0, 0}),
                        baseline)
          : "";
  return fmt::format("{}{}{}", made.how == decision::kind::tie ? "tie, cheapest: " : "",
                     cell_name(of, *made.section, *made.choice, false), gain);
}

}  // namespace annulus::harness
