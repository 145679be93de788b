#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "base/columns.hpp"
#include "base/sizes.hpp"
#include "measure/axis.hpp"
#include "report/advice.hpp"
#include "report/table.hpp"

namespace annulus::harness {
namespace {

constexpr std::array advised{bytes_per_second, stall_p99, stall_p999, cpu_per_gib};

std::string evidence(const advice& found, const advice_source& from,
                     const std::vector<cell_samples>& cells) {
  const candidate& best = found.best();
  std::vector<json> keys;
  auto least = std::string::npos;
  for (const cell_samples& each : cells) {
    if (std::count(best.cells.begin(), best.cells.end(), each.cell) == 0) continue;
    keys.push_back(each.key);
    least = std::min(least, each.results.empty() ? each.marked.size() : each.results.size());
  }
  std::vector<std::string> labels;
  for (const json& key : keys)
    labels.push_back(cell_label(found.asked.of->axes(), key, varying_axes(keys)));
  std::string out = fmt::format(
      "{}{}, from {} cell{} of {} (revision {}), {} repetition{} each", word_for(best.from),
      from.now && best.from == origin::measured ? " now" : "", keys.size(),
      keys.size() == 1 ? "" : "s", from.run, from.revision, least, least == 1 ? "" : "s");
  if (keys.size() > 1) out += fmt::format(" ({})", fmt::join(labels, "; "));
  if (from.other_machine.empty()) return fmt::format("{}, on this machine ({})", out, from.machine);
  return fmt::format("{}, on ANOTHER machine, {}, and not on this one, {}", out, from.machine,
                     from.other_machine);
}

std::string list(std::string_view title, const std::vector<std::string>& sentences) {
  if (sentences.empty()) return "";
  return fmt::format("\n{}:\n  {}\n", title, fmt::join(sentences, "\n  "));
}

std::string table_of(const advice& found) {
  std::vector<text_row> rows{{"ring", "size", "known"}};
  for (const candidate& each : found.rings)
    rows.push_back({each.ring, each.size == 0 ? "-" : format_size(each.size),
                    std::string(word_for(each.from))});
  for (const char* const name : advised) {
    const metric& by = find_metric(*found.asked.of, name);
    rows.front().push_back(by.title);
    for (std::size_t row = 1; row < rows.size(); ++row) {
      const auto& figures = found.rings[row - 1].figures;
      const auto at = figures.find(name);
      rows[row].push_back(at == figures.end() ? "-" : estimate_text(at->second, by.scale));
    }
  }
  return aligned(rows, 3, column_style::markdown);
}

json to_json(const candidate& value) {
  json figures = json::object();
  for (const auto& [name, figure] : value.figures) figures[name] = to_json(figure);
  return {{"ring", value.ring},
          {"ring_size", value.size == 0 ? json() : json(value.size)},
          {"known", word_for(value.from)},
          {"cells", value.cells},
          {"reaches_rate", value.reaches_rate},
          {"figures", std::move(figures)}};
}

}  // namespace

std::string_view word_for(origin value) noexcept {
  constexpr std::array words{"measured", "interpolated", "nearest"};
  return words.at(static_cast<std::size_t>(value));
}

std::string request_text(const advice_request& asked) {
  const auto& axes = asked.of->axes();
  const auto text = [&](const char* name) { return axis_text(axes, asked.key, name); };
  std::string out = "messages of " + text(asked.key.contains("write") ? "write" : "block");
  for (const char* const name : {"load", "pairs", "sink", "placement"}) {
    if (asked.key.contains(name)) out += fmt::format(", {} {}", name, text(name));
  }
  return out;
}

std::string to_text(const advice& found, const advice_source& from,
                    const std::vector<cell_samples>& cells) {
  std::string out = fmt::format("{}: {}\n", request_text(found.asked), found.best().label());
  if (!found.best().reaches_rate) out += "No ring reaches the rate; this one comes nearest.\n";
  if (found.marked)
    out +=
        "Too little was measured in good company: this is from samples during which others used "
        "the machine, too.\n";
  out += fmt::format("\nTo expect, at the best size of each ring:\n{}\nWhy: {}.\nEvidence: {}.\n",
                     table_of(found), found.why, evidence(found, from, cells));
  return out + list("What would change the answer", found.changes) +
         list("Out of the question", found.skipped);
}

json to_json(const advice& found, const advice_source& from) {
  json rings = json::array();
  for (const candidate& each : found.rings) rings.push_back(to_json(each));
  json out{{"suite", found.asked.of->traits().name},
           {"key", found.asked.key},
           {"request", request_text(found.asked)},
           {"advice", to_json(found.best())},
           {"why", found.why},
           {"changes", found.changes},
           {"rings", std::move(rings)},
           {"skipped", found.skipped},
           {"bad_company", found.marked},
           {"run", from.run},
           {"machine", from.machine},
           {"revision", from.revision},
           {"measured_now", from.now}};
  for (const char* const name : {"ring", "ring_size"}) out["key"].erase(name);
  if (!from.other_machine.empty()) out["this_machine"] = from.other_machine;
  return out;
}

}  // namespace annulus::harness
