#include "report/claims.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/printable.hpp"
#include "measure/axis.hpp"
#include "measure/estimates.hpp"
#include "report/measured.hpp"
#include "report/table.hpp"

namespace annulus::harness {
namespace {

// The one cell of a side, or why there is none.
struct chosen {
  const cell_samples* cell = nullptr;
  std::string missing;
};

bool fits(const claim& what, const claim_side& side, const json& key) {
  return matches(side.axes, key) && (side.role.empty() || what.of->role(key) == side.role);
}

std::string why_unfit(const claim& what, const cell_samples& cell) {
  // A roof delivers nothing that could be verified.
  const bool delivers = !cell.is_roof && what.of->role(cell.key) != "roof";
  if (!cell.skipped.empty()) return cell.skipped;
  if (cell.results.empty() && cell.marked.empty() && !cell.errors.empty())
    return cell.errors.front();
  if (delivers && !is_verified(cell)) return "what arrived was not verified";
  if (cell.results.size() >= least_for_interval) return "";
  return fmt::format("{} repetitions in good company, and {} are needed", cell.results.size(),
                     least_for_interval);
}

chosen choose(const claim& what, const claim_side& side, std::string_view name,
              const std::vector<cell_samples>& cells, const std::vector<std::string>& shown) {
  std::vector<const cell_samples*> field;
  for (const cell_samples& each : cells) {
    if (fits(what, side, each.key) && !(side.best && each.is_roof)) field.push_back(&each);
  }
  const auto label = [&](const cell_samples& cell) {
    return cell_label(what.of->axes(), cell.key, shown);
  };
  if (field.empty()) return {nullptr, fmt::format("there is no cell for its {} side", name)};
  if (!side.best && field.size() > 1) {
    return {nullptr, fmt::format("its {} side is {} cells, such as {}", name, field.size(),
                                 label(*field.front()))};
  }
  if (side.best) {
    const auto best = winner_of(field, *what.by);
    if (best) field = {best->cell};
  }
  const std::string unfit = why_unfit(what, *field.front());
  if (!unfit.empty()) return {nullptr, fmt::format("{}: {}", label(*field.front()), unfit)};
  return {field.front(), ""};
}

std::optional<estimate> figure_of(const claim& what, const cell_samples& left,
                                  const cell_samples* right) {
  if (right != nullptr) return ratio_of(left, what.by->name, *right, what.by->name);
  auto out = estimate_of(left, what.by->name);
  if (out && what.constant)
    out = estimate{out->median / *what.constant, out->low / *what.constant,
                   out->high / *what.constant, out->n};
  return out;
}

void rule(const claim& what, judgement& out) {
  const estimate& at = *out.figure;
  if (!at.has_interval()) {
    out.reason = fmt::format("{} repetitions, and {} are needed", at.n, least_for_interval);
    return;
  }
  const bool holds =
      (!what.at_least || at.low >= *what.at_least) && (!what.at_most || at.high <= *what.at_most);
  const bool fails =
      (what.at_least && at.high < *what.at_least) || (what.at_most && at.low > *what.at_most);
  if (!holds && !fails) {
    out.reason = "the interval contains the bound";
    return;
  }
  out.said = holds ? ruling::holds : ruling::does_not_hold;
}

// Of a relation between one cell and another.
judgement judge_one(const claim& what, const std::vector<cell_samples>& cells) {
  const auto shown = label_axes(*what.of, cells);
  const auto label = [&](const cell_samples& cell) {
    return cell_label(what.of->axes(), cell.key, shown);
  };
  judgement out;
  const chosen left = choose(what, what.left, "left", cells, shown);
  const chosen right = what.right ? choose(what, *what.right, "right", cells, shown) : chosen{};
  for (const chosen* const side : {&left, &right}) {
    if (!side->missing.empty() && out.reason.empty()) out.reason = side->missing;
  }
  if (!out.reason.empty()) return out;
  out.cells = label(*left.cell);
  if (right.cell != nullptr) out.cells += " / " + label(*right.cell);
  if (what.constant) out.cells += fmt::format(" / {}", *what.constant);
  out.figure = figure_of(what, *left.cell, right.cell);
  if (!out.figure) {
    out.reason = fmt::format("there is no such {}", what.is_ratio() ? "ratio" : "figure");
    return out;
  }
  rule(what, out);
  return out;
}

// The worst first.
std::pair<int, double> rank_of(const claim& what, const judgement& found) {
  const double median = found.figure ? found.figure->median : 0;
  return {found.said == ruling::does_not_hold    ? 0
          : found.said == ruling::cannot_be_told ? 1
                                                 : 2,
          what.at_least ? median : -median};
}

}  // namespace

judgement judge(const claim& what, const std::vector<cell_samples>& cells) {
  if (what.of == nullptr) {
    judgement out;
    out.reason = fmt::format("this build lacks the suite {}", printable(what.suite_name));
    return out;
  }
  std::vector<json> values;
  for (const cell_samples& cell : cells) {
    if (what.each.empty() || !fits(what, what.left, cell.key)) continue;
    const json& value = cell.key.at(what.each);
    if (std::find(values.begin(), values.end(), value) == values.end()) values.push_back(value);
  }
  if (values.empty()) return judge_one(what, cells);
  std::vector<judgement> found;
  for (const json& value : values) {
    claim one = what;
    one.left.axes[what.each] = {value};
    if (one.right) one.right->axes[what.each] = {value};
    found.push_back(judge_one(one, cells));
  }
  return *std::min_element(found.begin(), found.end(), [&](const auto& one, const auto& other) {
    return rank_of(what, one) < rank_of(what, other);
  });
}

judgement judge_sets(const claim& what, const std::vector<measured_set>& from) {
  if (what.of == nullptr) return judge(what, {});
  std::vector<const measured_set*> sets;
  for (const measured_set& each : from) {
    if (&each.of() == what.of) sets.push_back(&each);
  }
  std::stable_partition(sets.begin(), sets.end(),
                        [&](const measured_set* each) { return each->what.name == what.matrix; });
  judgement out;
  out.reason = fmt::format("no result set is of the suite {}", what.suite_name);
  for (const measured_set* const each : sets) {
    judgement now = judge(what, each->cells);
    now.from = each;
    if (now.figure) return now;
    if (each == sets.front()) out = std::move(now);
  }
  return out;
}

std::vector<json> cells_for(const claim& what, const claim_side& side,
                            const std::vector<json>& keys) {
  std::vector<json> out;
  std::copy_if(keys.begin(), keys.end(), std::back_inserter(out),
               [&](const json& key) { return fits(what, side, key); });
  return out;
}

std::string_view word_for(ruling said) noexcept {
  switch (said) {
    case ruling::holds:
      return "holds";
    case ruling::does_not_hold:
      return "does not hold";
    case ruling::cannot_be_told:
      break;
  }
  return "cannot be told";
}

std::string bound_text(const claim& what) {
  if (what.by == nullptr) return "-";
  const double scale = what.is_ratio() ? 1 : what.by->scale;
  std::string out;
  if (what.at_least) out = fmt::format("at least {:g}", *what.at_least * scale);
  if (what.at_most)
    out += fmt::format("{}at most {:g}", out.empty() ? "" : ", ", *what.at_most * scale);
  return out;
}

std::string figure_text(const claim& what, const estimate& value) {
  if (what.by == nullptr || what.is_ratio()) return estimate_text(value);
  return fmt::format("{} {}", estimate_text(value, what.by->scale), what.by->title);
}

std::string published_text(const claim& what) {
  if (!what.published) return "-";
  const double value = what.published->value;
  return fmt::format("{} ({}, {})", figure_text(what, {value, value, value, 0}),
                     printable(what.published->machine), printable(what.published->revision));
}

}  // namespace annulus::harness
