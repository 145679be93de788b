#include "measure/suite.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "base/error.hpp"
#include "base/printable.hpp"

namespace annulus::harness {
namespace {

bool is_node(std::string_view text) {
  constexpr std::string_view prefix = "node:";
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  unsigned short number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failed == std::errc{} && end == text.data() + text.size();
}

}  // namespace

bool is_part(std::string_view role) noexcept {
  return role == encoding_alone || role == hashing_alone || role == sink_alone;
}

json suite::reduced(json key) const {
  return key;
}
std::string suite::unavailable(const json& /*key*/) const {
  return "";
}
std::vector<json> suite::roofs(const json& /*key*/) const {
  return {};
}
std::map<std::string, std::uint64_t> suite::quantities(const json& /*key*/) const {
  return {};
}
std::optional<traffic> suite::traffic_of(const json& /*key*/) const {
  return std::nullopt;
}
std::string suite::role(const json& /*key*/) const {
  return "";
}

const suite& find_suite(const suite_list& all, std::string_view name, std::string_view where) {
  const auto at = std::find_if(all.begin(), all.end(),
                               [name](const suite* each) { return each->traits().name == name; });
  if (at != all.end()) return **at;
  std::vector<std::string> names;
  for (const suite* const each : all) names.push_back(each->traits().name);
  throw bad_input(fmt::format("{} must be one of {}, but is \"{}\"", where, fmt::join(names, ", "),
                              printable(name)));
}

bool makes_use_of(const suite& of, const json& key, const std::string& axis,
                  const std::set<json>& values) {
  return std::any_of(values.begin(), values.end(), [&](const json& value) {
    json other = key;
    other[axis] = value;
    return value != key.at(axis) && of.reduced(std::move(other)) != of.reduced(key);
  });
}

std::optional<json> baseline_key(const suite& of, json key) {
  const layout& table = of.traits().table;
  if (table.baseline_axis.empty()) return std::nullopt;
  key[table.baseline_axis] = table.baseline_value;
  return of.reduced(std::move(key));
}

cell_result run_cell(const suite_list& all, cell_request cell) {
  const suite& of = find_suite(all, cell.suite, "the cell's suite");
  for (const auto& [name, value] : cell.key.items()) {
    if (find_axis(of.axes(), name) == nullptr)
      throw bad_input(fmt::format("the suite {} has no axis {}", cell.suite, printable(name)));
  }
  for (const axis& each : of.axes()) {
    const auto at = cell.key.find(each.name);
    if (at == cell.key.end())
      throw bad_input(fmt::format("the cell's key lacks the axis {}", each.name));
    *at = each.parse(*at, "the cell's " + each.name);
  }
  // Only now, when each finds all others in their canonical form.
  for (const axis& each : of.axes()) {
    if (each.apply) each.apply(cell.key.at(each.name), cell);
  }
  return of.run(cell);
}

const metric& find_metric(const suite& of, std::string_view name) {
  const auto& all = of.traits().metrics;
  const auto at = std::find_if(all.begin(), all.end(),
                               [name](const metric& each) { return each.name == name; });
  if (at != all.end()) return *at;
  throw error(fmt::format("the suite {} has no metric {}", of.traits().name, printable(name)));
}

axis placement_axis() {
  return {"placement",
          "How far apart the two ends run: none (not pinned), nearest (the nearest two cores), or "
          "a relation that "
          "`annulus topo` shows",
          words({"none", "nearest", "same-pu", "same-core", "shared-l2", "shared-l3", "same-node",
                 "cross-node"}),
          "none"};
}

axis memory_axis() {
  return {"memory",
          "Where memory lies, by NUMA node: any (not bound), that of the producer or the consumer, "
          "a third one, all by "
          "turns (interleaved), or node:N",
          patterns({"any", "producer", "consumer", "third", "interleaved"}, "node:N", is_node),
          "any"};
}

}  // namespace annulus::harness
