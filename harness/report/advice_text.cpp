#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "base/columns.hpp"
#include "base/sizes.hpp"
#include "measure/axis.hpp"
#include "report/advice.hpp"
#include "report/advice_words.hpp"

namespace annulus::harness {
namespace {

constexpr std::array advised{bytes_per_second, stall_p99, stall_p999, cpu_per_gib};

// Three digits that count.
std::string digits(double value) {
  return value >= 100 ? fmt::format("{:.0f}", value) : fmt::format("{:.3g}", value);
}

std::string time_text(double us) {
  if (us < 1000) return digits(us) + " µs";
  return us < 1e6 ? digits(us / 1e3) + " ms" : digits(us / 1e6) + " s";
}

std::string interval_text(const metric& by, const estimate& value) {
  std::string middle = value_text_of(by, value.median);
  if (!value.has_interval()) return middle;
  return fmt::format("{} [{} to {}]", middle, value_text_of(by, value.low),
                     value_text_of(by, value.high));
}

std::string figure_or_none(const advice& of, const candidate& ring, const char* name) {
  const auto at = ring.figures.find(name);
  return at == ring.figures.end()
             ? "-"
             : value_text_of(find_metric(*of.asked.of, name), at->second.median);
}

std::string expectation(const advice& found) {
  std::string out;
  for (const char* const name : advised) {
    const auto at = found.best().figures.find(name);
    if (at == found.best().figures.end()) continue;
    const metric& by = find_metric(*found.asked.of, name);
    out += fmt::format("  {:<11} {}\n", words_for(by), interval_text(by, at->second));
  }
  return out;
}

std::string known_from(const advice& found, const advice_source& from) {
  if (from.now && found.best().from == origin::measured) return "measured now";
  return std::string(word_for(found.best().from));
}

std::string evidence(const advice& found, const advice_source& from,
                     const std::vector<cell_samples>& cells) {
  std::vector<json> keys;
  std::size_t least = 0;
  for (const cell_samples& each : cells) {
    if (std::find(found.best().cells.begin(), found.best().cells.end(), each.cell) ==
        found.best().cells.end())
      continue;
    keys.push_back(each.key);
    const auto n = each.results.empty() ? each.marked.size() : each.results.size();
    least = least == 0 ? n : std::min(least, n);
  }
  const auto varying = varying_axes(keys);
  std::vector<std::string> labels;
  labels.reserve(keys.size());
  for (const json& key : keys) labels.push_back(cell_label(found.asked.of->axes(), key, varying));
  std::string out =
      fmt::format("{}, from {} of {} (revision {}), {} repetition{} each", known_from(found, from),
                  keys.size() == 1 ? "1 cell" : fmt::format("{} cells", keys.size()), from.run,
                  from.revision, least, least == 1 ? "" : "s");
  if (keys.size() > 1) out += fmt::format(" ({})", fmt::join(labels, "; "));
  out += from.other_machine.empty()
             ? fmt::format(", on this machine ({})", from.machine)
             : fmt::format(", on ANOTHER machine, {}, and not on this one, {}", from.machine,
                           from.other_machine);
  return out;
}

std::string list(std::string_view title, const std::vector<std::string>& sentences) {
  if (sentences.empty()) return "";
  return fmt::format("\n{}:\n  {}\n", title, fmt::join(sentences, "\n  "));
}

std::string table_of(const advice& found) {
  std::vector<text_row> rows{{"ring", "size", "known"}};
  for (const char* const name : advised)
    rows.front().emplace_back(words_for(find_metric(*found.asked.of, name)));
  for (const candidate& each : found.rings) {
    text_row& row =
        rows.emplace_back(text_row{each.ring, each.size == 0 ? "-" : format_size(each.size),
                                   std::string(word_for(each.from))});
    for (const char* const name : advised) row.push_back(figure_or_none(found, each, name));
  }
  return aligned(rows, 3, column_style::markdown);
}

json to_json(const candidate& value) {
  json figures = json::object();
  for (const auto& [name, found] : value.figures) {
    json& at = figures[name] = {{"median", found.median}, {"n", found.n}};
    if (found.has_interval()) at["interval_95"] = {found.low, found.high};
  }
  json out{{"ring", value.ring},
           {"known", word_for(value.from)},
           {"cells", value.cells},
           {"reaches_rate", value.reaches_rate},
           {"figures", std::move(figures)}};
  out["ring_size"] = value.size == 0 ? json() : json(value.size);
  return out;
}

std::string lost_by(const held_back& of) {
  if (of.missed_rate) return "does not reach the rate";
  if (of.by == nullptr) return "as good as the best";
  return fmt::format("{:.1f} % behind by {}{}", of.behind * 100, words_for(*of.by),
                     of.is_tie ? ", but the intervals meet" : "");
}

std::size_t good_of(const std::vector<held_back>& found) {
  return static_cast<std::size_t>(
      std::count_if(found.begin(), found.end(), [](const auto& each) { return each.is_good(); }));
}

}  // namespace

std::string_view word_for(origin value) noexcept {
  constexpr std::array words{"measured", "interpolated", "nearest"};
  return words.at(static_cast<std::size_t>(value));
}

std::string_view words_for(const metric& by) {
  if (by.name == bytes_per_second) return "throughput";
  if (by.name == cpu_per_gib) return "CPU";
  if (by.name == stall_p99) return "stall p99";
  return by.name == stall_p999 ? "stall p99.9" : std::string_view(by.title);
}

std::string rate_text(double bytes_a_second) {
  return bytes_a_second < 1e9 ? digits(bytes_a_second / 1e6) + " MB/s"
                              : digits(bytes_a_second / 1e9) + " GB/s";
}

std::string value_text_of(const metric& by, double value) {
  if (by.name == bytes_per_second) return rate_text(value);
  return by.name == cpu_per_gib ? digits(value) + " CPU-s/GiB" : time_text(value);
}

std::string request_text(const advice_request& asked) {
  const json& key = asked.key;
  const auto& axes = asked.of->axes();
  std::string out = fmt::format("messages of {}",
                                axis_text(axes, key, key.contains("write") ? "write" : "block"));
  for (const char* const name : {"load", "pairs", "sink", "placement"}) {
    if (key.contains(name)) out += fmt::format(", {} {}", name, axis_text(axes, key, name));
  }
  return out;
}

std::string to_text(const advice& found, const advice_source& from,
                    const std::vector<cell_samples>& cells) {
  std::string out = fmt::format("{}: {}\n", request_text(found.asked), found.best().label());
  if (found.has_rate() && !found.best().reaches_rate)
    out += "No ring reaches the rate; this one comes nearest.\n";
  if (found.marked)
    out +=
        "Too little was measured in good company: this is from samples during which others used "
        "the machine, too.\n";
  out += fmt::format("\nTo expect:\n{}\nWhy: {}.\nEvidence: {}.\n", expectation(found), found.why,
                     evidence(found, from, cells));
  out += list("What would change the answer", found.changes);
  out += fmt::format("\nThe best size of each ring:\n{}", table_of(found));
  return out + list("Out of the question", found.skipped);
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

std::string to_text(const std::vector<held_back>& found) {
  std::vector<text_row> rows{{"held back", "known", "advised", "best measured", "verdict"}};
  for (const held_back& each : found) {
    rows.push_back({each.request, std::string(word_for(each.from)), each.chosen, each.best,
                    (each.is_good() ? "" : "MISSED: ") + lost_by(each)});
  }
  const auto tied =
      static_cast<std::size_t>(std::count_if(found.begin(), found.end(), [](const auto& each) {
        return each.is_good() && each.is_tie && each.behind > good_advice;
      }));
  return fmt::format(
      "{}\n{} of {} are good: {} within {:.0f} % of the best measured one or alike, {} not to be "
      "told from it by their intervals.\n",
      aligned(rows, rows.front().size(), column_style::markdown), good_of(found), found.size(),
      good_of(found) - tied, good_advice * 100, tied);
}

json to_json(const std::vector<held_back>& found) {
  json list = json::array();
  for (const held_back& each : found) {
    json& at = list.emplace_back(json{{"request", each.request},
                                      {"advised", each.chosen},
                                      {"best", each.best},
                                      {"known", word_for(each.from)},
                                      {"missed_rate", each.missed_rate},
                                      {"good", each.is_good()}});
    if (each.by == nullptr) continue;
    at.update(
        {{"metric", each.by->name}, {"behind", each.behind}, {"intervals_meet", each.is_tie}});
  }
  return {{"good", good_of(found)}, {"of", found.size()}, {"each", std::move(list)}};
}

}  // namespace annulus::harness
