#include "report/export.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>

#include "base/printable.hpp"
#include "measure/axis.hpp"

namespace annulus::harness {
namespace {

struct csv_column {
  std::string head;
  std::function<std::string(const sample&)> field;
};

// As RFC 4180 has it: quoted if need be, quotes doubled.
std::string csv_field(const std::string& field) {
  if (field.find_first_of("\",\r\n") == std::string::npos) return field;
  std::string out = "\"";
  for (const char letter : field)
    out += letter == '"' ? std::string("\"\"") : std::string(1, letter);
  return out + '"';
}

// A scalar of JSON; what is missing, or no scalar, is empty.
std::string scalar_text(const json& value) {
  if (value.is_string()) return printable(value.get<std::string>());
  if (value.is_number_float()) return fmt::format("{}", value.get<double>());
  return value.is_boolean() || value.is_number() ? value.dump() : "";
}

std::string scalar_at(const json& from, const std::string& name) {
  if (!from.is_object()) return "";
  const auto at = from.find(name);
  return at == from.end() ? "" : scalar_text(*at);
}

std::string listed_at(const json& from, const std::string& name, std::string_view between) {
  const auto at = from.is_object() ? from.find(name) : from.end();
  if (at == from.end() || !at->is_array()) return "";
  std::vector<std::string> texts;
  for (const json& each : *at) texts.push_back(scalar_text(each));
  return fmt::format("{}", fmt::join(texts, between));
}

// "ring_size_bytes": the unit belongs to the name, since a number in a file has none.
std::string head_of(const axis& what) {
  const std::string unit = what.values.derivable ? "bytes" : what.unit;
  if (unit.empty() || what.name.ends_with('_' + unit)) return what.name;
  return fmt::format("{}_{}", what.name, unit);
}

// Those of the suite that occur, then those that it does not know.
std::vector<std::string> csv_metrics(const suite& of, const std::vector<sample>& samples) {
  std::vector<std::string> found;
  for (const sample& each : samples) {
    if (!each.result) continue;
    for (const auto& [name, value] : each.result->metrics) {
      if (std::find(found.begin(), found.end(), name) == found.end()) found.push_back(name);
    }
  }
  const auto& known = of.traits().metrics;
  const auto place = [&](const std::string& name) {
    return std::find_if(known.begin(), known.end(),
                        [&](const metric& each) { return each.name == name; });
  };
  std::stable_sort(found.begin(), found.end(),
                   [&](const auto& one, const auto& other) { return place(one) < place(other); });
  return found;
}

std::string state_of(const sample& from) {
  return from.result ? "measured" : from.error ? "failed" : "skipped";
}

std::vector<csv_column> csv_columns(const suite& of, const std::vector<sample>& samples) {
  std::vector<csv_column> out;
  const auto add = [&out](std::string head, auto field) {
    out.push_back({std::move(head), std::move(field)});
  };
  const auto of_result = [](auto field) {
    return [field](const sample& from) {
      return from.result ? fmt::format("{}", field(*from.result)) : std::string();
    };
  };
  add("cell", [](const sample& from) { return std::to_string(from.cell); });
  add("role", [&of](const sample& from) { return from.is_roof ? "roof" : of.role(from.key); });
  for (const axis& each : of.axes()) {
    add(head_of(each),
        [name = each.name](const sample& from) { return scalar_at(from.key, name); });
  }
  add("repetition", [](const sample& from) { return std::to_string(from.repetition); });
  add("state", state_of);
  for (const std::string& name : csv_metrics(of, samples)) {
    add(name, [name](const sample& from) {
      const bool has = from.result && from.result->metrics.contains(name);
      return has ? fmt::format("{}", from.result->metrics.at(name)) : std::string();
    });
  }
  add("verified", of_result([](const cell_result& from) { return from.verified; }));
  add("moved_bytes", of_result([](const cell_result& from) { return from.bytes; }));
  add("measured_seconds", of_result([](const cell_result& from) { return from.seconds; }));
  add("marked", [](const sample& from) {
    return from.result ? fmt::format("{}", from.is_marked()) : std::string();
  });
  add("why_marked", [](const sample& from) { return listed_at(from.fitness, "marks", "; "); });
  for (const char* const name : {"producer_cpus", "consumer_cpus", "memory_nodes"})
    add(name, [name](const sample& from) { return listed_at(from.spec, name, " "); });
  add("started_utc", [](const sample& from) { return scalar_at(from.spec, "started"); });
  add("reason", [](const sample& from) {
    return printable(from.error ? *from.error : from.skipped.value_or(""));
  });
  return out;
}

}  // namespace

std::string to_csv(const suite& of, const std::vector<sample>& samples) {
  const auto columns = csv_columns(of, samples);
  std::string out;
  const auto add_line = [&](auto field) {
    for (const csv_column& each : columns) {
      if (&each != &columns.front()) out += ',';
      out += csv_field(field(each));
    }
    out += "\r\n";
  };
  add_line([](const csv_column& each) { return each.head; });
  for (const sample& from : samples)
    add_line([&](const csv_column& each) { return each.field(from); });
  return out;
}

}  // namespace annulus::harness
