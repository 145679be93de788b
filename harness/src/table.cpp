#include "table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "axis.hpp"
#include "printable.hpp"
#include "result_set.hpp"
#include "samples.hpp"

namespace annulus::harness {
namespace {

// Four significant digits at most, never an exponent.
std::string number_text(double value) {
  if (value == 0) return "0";
  const double size = std::abs(value);
  const int decimals = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  return fmt::format("{:.{}f}", value, decimals);
}

std::string estimate_text(const estimate& value) {
  if (!value.has_interval()) return number_text(value.median) + " [-]";
  return fmt::format("{} [{}, {}]", number_text(value.median), number_text(value.low),
                     number_text(value.high));
}

// Display columns: what is shown here is ASCII or, in "µ", one column for two bytes.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
  }));
}

using text_row = std::vector<std::string>;

// Columns from `numbers` on are aligned to the right. The first row is the head.
std::string aligned(const std::vector<text_row>& rows, std::size_t numbers) {
  std::vector<std::size_t> widths(rows.front().size(), 3);
  for (const text_row& row : rows) {
    for (std::size_t at = 0; at < row.size(); ++at) {
      widths[at] = std::max(widths[at], width_of(row[at]));
    }
  }
  std::string out;
  for (std::size_t line = 0; line < rows.size(); ++line) {
    for (std::size_t at = 0; at < rows[line].size(); ++at) {
      const std::string padding(widths[at] - width_of(rows[line][at]), ' ');
      out += "| " + (at < numbers ? rows[line][at] + padding : padding + rows[line][at]) + ' ';
    }
    out += "|\n";
    if (line != 0) continue;
    for (std::size_t at = 0; at < widths.size(); ++at) {
      const std::string dashes(widths[at], '-');
      out += at < numbers ? "|-" + dashes + "-" : "|-" + dashes + ":";
    }
    out += "|\n";
  }
  return out;
}

std::string section_text(const table& value, const table_section& section) {
  std::vector<std::string> axes{"ring", "mode"};
  for (const std::string& axis : value.varying) {
    if (axis != "ring" && axis != "mode") axes.push_back(axis);
  }
  std::vector<text_row> rows(1);
  for (const std::string& axis : axes) rows.front().push_back(axis_title(axis));
  for (const char* title : {"MB/s [95 % interval]", "CPU-s/GiB", "stall p99 µs", "verified", "n"}) {
    rows.front().emplace_back(title);
  }
  for (const table_row& row : section.rows) {
    text_row& out = rows.emplace_back();
    for (const std::string& axis : axes) out.push_back(axis_text(row.key, axis));
    out.push_back(estimate_text(row.metrics.throughput));
    out.push_back(number_text(row.metrics.cpu_per_gib.median));
    out.push_back(number_text(row.metrics.stall_p99.median));
    out.emplace_back(row.metrics.verified ? "yes" : "no");
    out.push_back(fmt::format("{}", row.metrics.throughput.n));
  }
  return aligned(rows, axes.size());
}

std::string winner_text(const winner& best) {
  std::string out =
      fmt::format("Fastest: {}, {} MB/s", best.label, number_text(best.throughput.median));
  for (std::size_t at = 0; at < best.ties.size(); ++at) {
    out += (at == 0 ? "; tie with " : ", ") + best.ties[at];
  }
  return out + ".\n";
}

std::string notes_text(std::string_view title, const std::vector<table_note>& notes) {
  if (notes.empty()) return "";
  std::string out = fmt::format("\n## {}\n\n", title);
  for (const table_note& note : notes)
    out += fmt::format("- {}: {}\n", note.label, printable(note.reason));
  return out;
}

json estimate_json(const estimate& value) {
  json out{{"median", value.median}};
  if (value.has_interval()) out["interval_95"] = {value.low, value.high};
  return out;
}

json notes_json(const std::vector<table_note>& notes) {
  json out = json::array();
  for (const table_note& note : notes) {
    out.push_back({{"cell", note.label}, {"reason", note.reason}});
  }
  return out;
}

void add_row(table& out, const cell_results& cell) {
  const std::string sink = axis_text(cell.key, "sink");
  auto at = std::find_if(out.sections.begin(), out.sections.end(),
                         [&](const table_section& section) { return section.sink == sink; });
  if (at == out.sections.end()) at = out.sections.insert(at, {sink, {}});
  at->rows.push_back({cell.key, metrics_of(cell)});
}

}  // namespace

table make_table(const std::filesystem::path& directory) {
  table out;
  out.run = run_name(directory);
  out.environment = read_environment(directory);
  const std::vector<sample> samples = read_samples(directory / samples_name).samples;
  const std::vector<cell_results> cells = by_cell(samples);
  std::vector<json> keys;
  keys.reserve(cells.size());
  for (const cell_results& cell : cells) keys.push_back(cell.key);
  const std::vector<std::string> varying = varying_axes(keys);
  std::copy_if(varying.begin(), varying.end(), std::back_inserter(out.varying),
               [](const std::string& axis) { return axis != "sink"; });
  out.constant = json::object();
  if (!keys.empty()) {
    for (const auto& [axis, ignored] : keys.front().items()) {
      if (std::find(varying.begin(), varying.end(), axis) == varying.end()) {
        out.constant[axis] = axis_text(keys.front(), axis);
      }
    }
  }
  for (const cell_results& cell : cells) {
    const std::string label = cell_label(cell.key, varying);
    for (const std::string& reason : cell.errors) out.failed.push_back({label, reason});
    if (!cell.skipped.empty()) out.skipped.push_back({label, cell.skipped});
    out.finished += cell.results.size();
    if (!cell.results.empty()) add_row(out, cell);
  }
  out.turns = out.environment.value("turns", out.finished);
  out.best = winners(samples);
  return out;
}

std::string to_markdown(const table& value) {
  std::string out = fmt::format("# {}\n\n{}.\n{}.\n", printable(value.run),
                                machine_line(value.environment), constant_line(value));
  if (value.finished < value.turns) {
    out +=
        fmt::format("{} of {} turns have no result.\n", value.turns - value.finished, value.turns);
  }
  for (const table_section& section : value.sections) {
    out += fmt::format("\n## Sink: {}\n\n{}", section.sink, section_text(value, section));
    for (const winner& best : value.best) {
      if (best.sink == section.sink) out += '\n' + winner_text(best);
    }
  }
  return out + notes_text("Failed", value.failed) + notes_text("Skipped", value.skipped);
}

json to_json(const table& value) {
  json by_sink = json::array();
  for (const table_section& section : value.sections) {
    json rows = json::array();
    for (const table_row& row : section.rows) {
      rows.push_back({{"key", row.key},
                      {"mb_per_second", estimate_json(row.metrics.throughput)},
                      {"cpu_seconds_per_gib", estimate_json(row.metrics.cpu_per_gib)},
                      {"stall_p99_us", estimate_json(row.metrics.stall_p99)},
                      {"verified", row.metrics.verified},
                      {"n", row.metrics.throughput.n}});
    }
    by_sink.push_back({{"sink", section.sink}, {"rows", std::move(rows)}});
  }
  json best = json::array();
  for (const winner& each : value.best) {
    best.push_back({{"sink", each.sink}, {"cell", each.label}, {"ties", each.ties}});
  }
  return {{"run", printable(value.run)},         {"environment", value.environment},
          {"constant", value.constant},          {"turns", value.turns},
          {"finished", value.finished},          {"sinks", std::move(by_sink)},
          {"winners", std::move(best)},          {"failed", notes_json(value.failed)},
          {"skipped", notes_json(value.skipped)}};
}

std::string machine_line(const json& environment) {
  const auto count = [&](const char* field, const char* unit) {
    const auto number = environment.value(field, std::uint64_t{0});
    return fmt::format("{} {}{}", number, unit, number == 1 ? "" : "s");
  };
  return fmt::format("{}, {}, {}, {}", printable(environment.value("cpu_model", "unknown CPU")),
                     count("cpus", "CPU"), count("numa_nodes", "NUMA node"),
                     printable(environment.value("kernel", "unknown kernel")));
}

std::string constant_line(const table& value) {
  std::string out;
  for (const auto& [axis, text] : value.constant.items()) {
    out +=
        fmt::format("{}{} {}", out.empty() ? "" : ", ", axis_title(axis), text.get<std::string>());
  }
  return out.empty() ? "every axis varies" : out;
}

std::string axis_title(std::string axis) {
  std::replace(axis.begin(), axis.end(), '_', ' ');
  return axis;
}

}  // namespace annulus::harness
