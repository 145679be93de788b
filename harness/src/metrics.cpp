#include "metrics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "axis.hpp"
#include "error.hpp"

namespace annulus::harness {
namespace {

// A number of a result, by JSON pointer. Zero is allowed only where it can be measured.
double number_at(const cell_results& cell, const json& result, const char* pointer, bool positive) {
  const json::json_pointer where(pointer);
  const auto refuse = [&](std::string_view what) {
    throw error(fmt::format("cell {} ({}): its result's {} {}", cell.cell, cell_label(cell.key, {}),
                            pointer + 1, what));
  };
  if (!result.contains(where)) refuse("is missing");
  const json& value = result.at(where);
  if (!value.is_number()) refuse("is no number: " + value.dump());
  const double number = value.get<double>();
  if (!std::isfinite(number) || number < 0 || (positive && number == 0)) {
    refuse("is impossible: " + value.dump());
  }
  return number;
}

}  // namespace

cell_metrics metrics_of(const cell_results& cell) {
  std::vector<double> throughput;
  std::vector<double> cpu;
  std::vector<double> stall;
  bool verified = true;
  for (const json& result : cell.results) {
    const double bytes = number_at(cell, result, "/bytes", true);
    throughput.push_back(bytes / number_at(cell, result, "/seconds", true) / 1e6);
    cpu.push_back(number_at(cell, result, "/cpu_seconds", false) / std::ldexp(bytes, -30));
    stall.push_back(number_at(cell, result, "/stall_ns/p99", false) / 1e3);
    const auto at = result.find("verified");
    if (at == result.end() || !at->is_boolean()) {
      throw error(fmt::format("cell {} ({}): its result's verified is missing", cell.cell,
                              cell_label(cell.key, {})));
    }
    verified = verified && at->get<bool>();
  }
  return {bootstrap_median(throughput), bootstrap_median(cpu), bootstrap_median(stall), verified};
}

std::vector<winner> winners(const std::vector<sample>& samples) {
  const std::vector<cell_results> cells = by_cell(samples);
  std::vector<json> keys;
  keys.reserve(cells.size());
  for (const cell_results& cell : cells) keys.push_back(cell.key);
  const std::vector<std::string> varying = varying_axes(keys);

  std::vector<winner> entrants;
  for (const cell_results& cell : cells) {
    if (cell.results.empty()) continue;
    const cell_metrics metrics = metrics_of(cell);
    if (!metrics.verified) continue;
    entrants.push_back({axis_text(cell.key, "sink"),
                        cell_label(cell.key, varying),
                        cell.cell,
                        metrics.throughput,
                        {}});
  }
  std::vector<winner> out;
  for (const winner& entrant : entrants) {
    const auto same = [&](const winner& other) { return other.sink == entrant.sink; };
    if (std::any_of(out.begin(), out.end(), same)) continue;
    std::vector<winner> field;
    std::copy_if(entrants.begin(), entrants.end(), std::back_inserter(field), same);
    std::stable_sort(field.begin(), field.end(), [](const winner& one, const winner& other) {
      return one.throughput.median > other.throughput.median;
    });
    winner& first = out.emplace_back(field.front());
    for (const winner& other : std::span(field).subspan(1)) {
      if (overlap(first.throughput, other.throughput)) first.ties.push_back(other.label);
    }
  }
  return out;
}

}  // namespace annulus::harness
