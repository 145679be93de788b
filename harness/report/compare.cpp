#include "report/compare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "base/error.hpp"
#include "base/printable.hpp"
#include "measure/axis.hpp"
#include "measure/estimates.hpp"
#include "measure/result_set.hpp"
#include "measure/two_samples.hpp"

namespace annulus::harness {
namespace {

constexpr double significant = 0.05;
constexpr std::array sides{"first", "second"};

// What a cell is, also if its axes stand in another order, or it was measured before some of them
// were there.
std::string identity_of(const suite& of, const json& key) {
  std::string out;
  for (const axis& each : of.axes()) out += key.value(each.name, each.fallback).dump() + ' ';
  return out;
}

using cell_index = std::map<std::string, const cell_samples*>;

cell_index indexed(const suite& of, const std::vector<cell_samples>& cells) {
  cell_index out;
  for (const cell_samples& each : cells) out.emplace(identity_of(of, each.key), &each);
  return out;
}

// The logarithms of one figure on both sides, those of one round at the same place if they are
// paired.
struct two_sides {
  std::vector<double> first;
  std::vector<double> second;
  bool has_zero = false;
};

two_sides logarithms(const cell_samples& first, const cell_samples& second,
                     const std::string& metric, pairing how) {
  two_sides out;
  const auto add = [&](std::vector<double>& to, const cell_result& from) {
    const auto at = from.metrics.find(metric);
    if (at == from.metrics.end()) return;
    out.has_zero = out.has_zero || !(at->second > 0);
    to.push_back(std::log(at->second));
  };
  const auto is_shared = [&](int repetition, const cell_samples& with) {
    return how == pairing::none || with.results.contains(repetition);
  };
  for (const auto& [repetition, result] : first.results) {
    if (is_shared(repetition, second)) add(out.first, result);
  }
  for (const auto& [repetition, result] : second.results) {
    if (is_shared(repetition, first)) add(out.second, result);
  }
  return out;
}

estimate ratio_between(const two_sides& of, pairing how) {
  estimate out;
  if (how == pairing::none) {
    out = shift_between(of.first, of.second);
  } else {
    std::vector<double> shifts;
    for (std::size_t at = 0; at < of.first.size(); ++at)
      shifts.push_back(of.second[at] - of.first[at]);
    out = median_with_interval(std::move(shifts));
  }
  return {std::exp(out.median), std::exp(out.low), std::exp(out.high), out.n};
}

// How far values lie from the middle of their side.
double spread_of(const two_sides& of) {
  double out = 0;
  for (const auto* const side : {&of.first, &of.second}) {
    const double middle = median(*side);
    std::vector<double> off;
    for (const double value : *side) off.push_back(std::abs(value - middle));
    out += median(std::move(off)) / 2;
  }
  return out;
}

// By how much the logarithms of one cell lie above those of the other in each repetition of both.
std::vector<double> logarithms_beside(const cell_samples& of, const cell_samples& from,
                                      const std::string& metric) {
  std::vector<double> out;
  for (const auto& [repetition, result] : of.results) {
    const auto other = from.results.find(repetition);
    if (other == from.results.end()) continue;
    const auto mine = result.metrics.find(metric);
    const auto its = other->second.metrics.find(metric);
    const bool has_both = mine != result.metrics.end() && its != other->second.metrics.end();
    if (has_both && mine->second > 0 && its->second > 0)
      out.push_back(std::log(mine->second) - std::log(its->second));
  }
  return out;
}

double chance_of(const two_sides& values, const estimate& ratio) {
  return ratio.median > 1 ? chance_of_ranks_above(values.first, values.second)
                          : chance_of_ranks_above(values.second, values.first);
}

// The figure that the verdict is of.
const estimate& deciding(const compared_cell& cell) {
  return cell.is_steadier_beside ? cell.beside : cell.ratio;
}

bool is_to_the_worse(double ratio, const compared_cell& cell) {
  return (ratio > 1) == (cell.by->best == better::lower);
}

// More than 1: the second is worse, whichever way is better.
double worsening(const compared_cell& cell) {
  const double ratio = deciding(cell).median;
  return cell.by->best == better::lower ? ratio : 1 / ratio;
}

class comparer {
 public:
  comparer(const suite& of, const std::vector<cell_samples>& first,
           const std::vector<cell_samples>& second, double gate, pairing how)
      : of_(of),
        how_(how),
        shown_(label_axes(of, first)),
        first_(indexed(of, first)),
        second_(indexed(of, second)) {
    out_.gate = gate;
    for (const cell_samples& each : first) add(each);
    for (const cell_samples& each : second) {
      if (!first_.contains(identity_of(of, each.key))) miss(each, sides[0]);
    }
  }

  comparison result() {
    correct();
    for (compared_cell& cell : out_.cells) judge(cell);
    out_.machine = machine();
    std::stable_sort(out_.cells.begin(), out_.cells.end(), [](const auto& one, const auto& other) {
      const auto place = [](const compared_cell& cell) {
        const bool known = cell.found != finding::no_verdict;
        return std::pair(!known, known ? -worsening(cell) : 0);
      };
      return place(one) < place(other);
    });
    return std::move(out_);
  }

 private:
  void miss(const cell_samples& cell, const char* side) {
    if (is_yardstick(cell)) return;
    out_.unpaired.push_back(fmt::format("{}: the {} has no such cell", label(cell.key), side));
  }
  // Builds do not change it: what others packaged, and the machine's limits.
  [[nodiscard]] bool is_yardstick(const cell_samples& cell) const {
    return cell.is_roof || of_.role(cell.key) == "peer";
  }
  [[nodiscard]] std::string label(const json& key) const {
    return cell_label(of_.axes(), key, shown_);
  }

  void add(const cell_samples& first) {
    if (is_yardstick(first)) return;
    const auto found = second_.find(identity_of(of_, first.key));
    if (found == second_.end()) return miss(first, sides[1]);
    const cell_samples& second = *found->second;
    compared_cell& cell = out_.cells.emplace_back();
    cell.key = first.key;
    cell.label = label(first.key);
    cell.n = {first.results.size(), second.results.size()};
    const auto shown = of_.shown(first.key);
    if (shown.empty()) {
      cell.reason = "it has no figure";
      return;
    }
    cell.by = &find_metric(of_, shown.front());
    const two_sides values = logarithms(first, second, cell.by->name, how_);
    cell.n = {values.first.size(), values.second.size()};
    if (!values.first.empty()) cell.medians[0] = std::exp(median(values.first));
    if (!values.second.empty()) cell.medians[1] = std::exp(median(values.second));
    cell.reason = why_no_verdict(cell, values, first, second);
    if (!cell.reason.empty()) return;
    cell.ratio = ratio_between(values, how_);
    cell.chance = chance_of(values, cell.ratio);
    set_beside(cell, values, first, second);
    auto& field = is_to_the_worse(deciding(cell).median, cell) ? worse_ : better_;
    field.push_back(out_.cells.size() - 1);
  }

  [[nodiscard]] static std::string why_no_verdict(const compared_cell& cell,
                                                  const two_sides& values,
                                                  const cell_samples& first,
                                                  const cell_samples& second) {
    for (std::size_t at = 0; at < sides.size(); ++at) {
      const cell_samples& side = at == 0 ? first : second;
      if (!side.skipped.empty())
        return fmt::format("the {} skipped it: {}", sides.at(at), side.skipped);
      if (side.results.empty() && !side.errors.empty())
        return fmt::format("it failed in the {}: {}", sides.at(at), side.errors.front());
      if (!is_verified(side))
        return fmt::format("what arrived in the {} was not verified", sides.at(at));
    }
    const std::size_t fewest = std::min(cell.n[0], cell.n[1]);
    if (fewest < least_for_interval) {
      return fmt::format("{} and {} samples, and {} each are needed", cell.n[0], cell.n[1],
                         least_for_interval);
    }
    if (values.has_zero) return "its figure is 0 in a sample, of which there is no ratio";
    if (cell.by->best == better::neither) return "neither more nor less of its figure is better";
    return "";
  }

  // Each direction is a question of its own, about all cells: one that is better is none that is
  // worse by chance.
  void correct() {
    const std::size_t cells = worse_.size() + better_.size();
    std::size_t most = 0;
    for (const auto* const field : {&worse_, &better_}) {
      std::vector<double> chances(cells, 1.0);
      for (std::size_t at = 0; at < field->size(); ++at)
        chances[at] = out_.cells[(*field)[at]].chance;
      const auto corrected = corrected_by_holm(chances);
      for (std::size_t at = 0; at < field->size(); ++at) {
        compared_cell& cell = out_.cells[(*field)[at]];
        cell.chance = corrected[at];
        most = std::max(most, std::min(cell.n[0], cell.n[1]));
      }
    }
    std::size_t needed = least_for_interval;
    while (least_chance(needed, needed) * static_cast<double>(cells) > significant) ++needed;
    if (cells > 0 && most < needed) out_.needed = needed;
  }

  void judge(compared_cell& cell) const {
    if (!cell.reason.empty()) return;
    const bool is_sure = cell.chance <= significant;
    cell.found = is_sure ? found_by(cell, deciding(cell)) : finding::no_difference;
    if (cell.yardstick.empty()) return;
    const finding alone = found_by(cell, cell.ratio);
    const bool is_excused = cell.is_steadier_beside
                                ? cell.found == finding::no_difference && alone != cell.found
                                : cell.found != finding::no_difference && !is_left(cell);
    if (is_excused) cell.found = finding::moved_with_yardstick;
  }

  // What a cell has changed by and what of it is left beside its yardstick tell what that did.
  [[nodiscard]] double machine() const {
    std::vector<double> shifts;
    for (const compared_cell& cell : out_.cells) {
      if (cell.yardstick.empty()) continue;
      const double shift = cell.ratio.median / cell.beside.median;
      shifts.push_back(cell.by->best == better::lower ? 1 / shift : shift);
    }
    return shifts.empty() ? 1 : median(std::move(shifts));
  }

  // Beside a yardstick that varies by itself, whose interval says too little, the median counts.
  [[nodiscard]] bool is_left(const compared_cell& cell) const {
    return is_beyond(cell.beside.median) &&
           is_to_the_worse(cell.ratio.median, cell) == is_to_the_worse(cell.beside.median, cell);
  }

  // The gate is what people call 5 %: from 100 to 95, or from 100 to 105.
  [[nodiscard]] bool is_beyond(double ratio) const { return std::abs(ratio - 1) > out_.gate; }

  [[nodiscard]] finding found_by(const compared_cell& cell, const estimate& ratio) const {
    const bool is_outside = ratio.low > 1 || ratio.high < 1;
    if (!is_outside || !is_beyond(ratio.median)) return finding::no_difference;
    return is_to_the_worse(ratio.median, cell) ? finding::worse : finding::better;
  }

  // Of what does not depend on the builds and was measured by turns with the cell, that beside
  // which it varied least from repetition to repetition.
  void set_beside(compared_cell& cell, const two_sides& alone, const cell_samples& first,
                  const cell_samples& second) const {
    if (how_ == pairing::by_round) return;
    const auto metric = cell.by->name;
    double least = std::numeric_limits<double>::infinity();
    for (const auto& [one, other] : yardsticks(first)) {
      const two_sides values{logarithms_beside(first, *one, metric),
                             logarithms_beside(second, *other, metric)};
      if (std::min(values.first.size(), values.second.size()) < least_for_interval) continue;
      const double spread = spread_of(values);
      if (!(spread < least)) continue;
      least = spread;
      cell.beside = ratio_between(values, how_);
      cell.is_steadier_beside = spread <= spread_of(alone);
      if (cell.is_steadier_beside) cell.chance = chance_of(values, cell.beside);
      cell.yardstick = label(one->key);
    }
  }

  [[nodiscard]] std::vector<std::array<const cell_samples*, 2>> yardsticks(
      const cell_samples& of) const {
    std::set<std::string> known;
    for (const json& key : of_.roofs(of.key)) {
      if (!is_part(of_.role(key))) known.insert(identity_of(of_, key));
    }
    std::vector<std::array<const cell_samples*, 2>> out;
    for (const auto& [identity, cell] : first_) {
      const auto other = second_.find(identity);
      if (cell == &of || other == second_.end()) continue;
      if (known.contains(identity) || is_peer(*cell, of)) out.push_back({cell, other->second});
    }
    return out;
  }

  // Whether it is a queue of others in the place of the cell's ring.
  [[nodiscard]] bool is_peer(const cell_samples& cell, const cell_samples& of) const {
    if (of_.role(cell.key) != "peer") return false;
    json there = cell.key;
    there["ring"] = of.key.value("ring", "");
    return identity_of(of_, there) == identity_of(of_, of.key);
  }

  const suite& of_;
  pairing how_;
  std::vector<std::string> shown_;
  cell_index first_;
  cell_index second_;
  std::vector<std::size_t> worse_;   ///< the cells whose ratio is to the worse
  std::vector<std::size_t> better_;  ///< and to the better
  comparison out_;
};

// What makes the cells of two matrices the same.
json cells_of(const matrix& what) {
  return json::array({what.axes, what.only, what.except});
}

std::string machine_of(const measured_set& from) {
  const auto count = [&](const char* field) {
    return from.environment.value(field, json()).dump();
  };
  return fmt::format("{}, {} cores, {} NUMA nodes", printable(from.machine()), count("cores"),
                     count("numa_nodes"));
}

std::string input_of(const measured_set& from) {
  const json at = from.environment.value("input", json());
  if (at.is_null()) return "none";
  return fmt::format("{}, {} bytes", printable(at["name"].get<std::string>()), at["bytes"].dump());
}

}  // namespace

std::size_t comparison::count(finding what) const {
  return static_cast<std::size_t>(
      std::count_if(cells.begin(), cells.end(),
                    [what](const compared_cell& each) { return each.found == what; }));
}

bool comparison::has_machine_moved() const {
  return std::max(machine, 1 / machine) > 1 + gate;
}

comparison compare_cells(const suite& of, const std::vector<cell_samples>& first,
                         const std::vector<cell_samples>& second, double gate, pairing how) {
  return comparer(of, first, second, gate, how).result();
}

double seconds_of(const measured_set& from) {
  double out = 0;
  for (const sample& each : from.samples) out += each.spec.value("elapsed_seconds", 0.0);
  return out;
}

std::vector<std::string> differences(const measured_set& first, const measured_set& second) {
  if (&first.of() != &second.of()) {
    const auto named = [](const measured_set& from) {
      return fmt::format("{} is of the suite {}", printable(run_name(from.directory)),
                         from.of().traits().name);
    };
    throw bad_input(
        fmt::format("{} and {}: they have no cell in common", named(first), named(second)));
  }
  std::vector<std::string> out;
  const auto compare = [&](std::string_view what, const std::string& one,
                           const std::string& other) {
    if (one != other) out.push_back(fmt::format("another {}: {}, and {}", what, one, other));
  };
  compare("machine", machine_of(first), machine_of(second));
  if (cells_of(first.what) != cells_of(second.what)) {
    const auto named = [](const measured_set& from) {
      return fmt::format("{} of {}", from.what.name, printable(run_name(from.directory)));
    };
    compare("matrix", named(first), named(second));
  }
  compare("input", input_of(first), input_of(second));
  return out;
}

}  // namespace annulus::harness
