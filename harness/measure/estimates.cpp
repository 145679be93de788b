#include "measure/estimates.hpp"

#include <algorithm>
#include <utility>

namespace annulus::harness {
namespace {

const std::map<int, cell_result>& counted(const cell_samples& cell) {
  return cell.results.empty() ? cell.marked : cell.results;
}

std::optional<double> value_of(const cell_result& from, const std::string& metric) {
  const auto at = from.metrics.find(metric);
  if (at == from.metrics.end()) return std::nullopt;
  return at->second;
}

}  // namespace

std::optional<estimate> estimate_of(const cell_samples& cell, const std::string& metric) {
  std::vector<double> values;
  for (const auto& [repetition, result] : counted(cell)) {
    if (const auto value = value_of(result, metric)) values.push_back(*value);
  }
  if (values.empty()) return std::nullopt;
  return median_with_interval(std::move(values));
}

std::optional<estimate> ratio_of(const cell_samples& one, const std::string& metric,
                                 const cell_samples& other, const std::string& other_metric) {
  std::vector<double> ratios;
  const auto& beside = counted(other);
  for (const auto& [repetition, result] : counted(one)) {
    const auto at = beside.find(repetition);
    const auto upper = value_of(result, metric);
    const auto lower = at == beside.end() ? std::nullopt : value_of(at->second, other_metric);
    if (!upper || !lower) continue;
    if (*lower == 0) return std::nullopt;
    ratios.push_back(*upper / *lower);
  }
  if (ratios.empty()) return std::nullopt;
  return median_with_interval(std::move(ratios));
}

bool is_verified(const cell_samples& cell) {
  const auto good = [](const auto& each) { return each.second.verified; };
  return std::all_of(cell.results.begin(), cell.results.end(), good) &&
         std::all_of(cell.marked.begin(), cell.marked.end(), good);
}

std::vector<const cell_samples*> roofs_of(const suite& of, const cell_samples& cell,
                                          const std::vector<cell_samples>& all) {
  std::vector<const cell_samples*> out;
  for (const json& key : of.roofs(cell.key)) {
    const auto at = std::find_if(all.begin(), all.end(),
                                 [&](const cell_samples& each) { return each.key == key; });
    if (at != all.end() && !counted(*at).empty()) out.push_back(&*at);
  }
  return out;
}

const cell_samples* baseline_of(const suite& of, const cell_samples& cell,
                                const std::vector<cell_samples>& all) {
  const auto key = cell.is_roof ? std::nullopt : baseline_key(of, cell.key);
  if (!key) return nullptr;
  const auto at = std::find_if(all.begin(), all.end(),
                               [&](const cell_samples& each) { return each.key == *key; });
  const bool is_other = at != all.end() && &*at != &cell && !counted(*at).empty();
  return is_other ? &*at : nullptr;
}

std::optional<winner> winner_of(const std::vector<const cell_samples*>& field, const metric& by) {
  std::vector<std::pair<const cell_samples*, estimate>> entrants;
  for (const cell_samples* const cell : field) {
    if (cell->is_roof || cell->results.empty() || !is_verified(*cell)) continue;
    if (const auto value = estimate_of(*cell, by.name)) entrants.emplace_back(cell, *value);
  }
  if (entrants.empty()) return std::nullopt;
  std::stable_sort(entrants.begin(), entrants.end(), [&](const auto& one, const auto& other) {
    return by.best == better::lower ? one.second.median < other.second.median
                                    : one.second.median > other.second.median;
  });
  winner out{entrants.front().first, entrants.front().second, {}};
  for (auto at = entrants.begin() + 1; at != entrants.end(); ++at) {
    if (overlap(out.value, at->second)) out.ties.push_back(at->first);
  }
  return out;
}

}  // namespace annulus::harness
