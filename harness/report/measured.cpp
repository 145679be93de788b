#include "report/measured.hpp"

#include <fmt/format.h>

#include <annulus/pipeline/escaped.hpp>

#include "base/error.hpp"
#include "base/printable.hpp"
#include "measure/axis.hpp"
#include "measure/result_set.hpp"
#include "report/table.hpp"

namespace annulus::harness {

std::string measured_set::machine() const {
  return environment.value("machine", "an unknown machine");
}

std::string measured_set::revision() const {
  return revision_of(environment);
}

std::string revision_of(const json& environment) {
  const json build = environment.value("build", json::object());
  const auto commit = build.is_object() ? build.find("commit") : build.end();
  const bool known = commit != build.end() && commit->is_string() && *commit != "";
  return known ? printable(commit->get<std::string>()) : "an unknown revision";
}

measured_set load_measured(const std::filesystem::path& directory, const suite_list& suites) {
  measured_set out;
  out.directory = directory;
  out.environment = read_environment(directory);
  out.what = matrix_of_run(directory, suites);
  out.samples = read_samples(directory / samples_name).samples;
  add_new_axes(out.samples, out.of(), pipeline::escaped(directory));
  out.cells = by_cell(out.samples);
  return out;
}

void add_new_axes(std::vector<sample>& samples, const suite& of, std::string_view where) {
  if (samples.empty()) return;
  const json has = samples.front().key;  // all have the same
  for (const auto& [name, value] : has.items()) {
    if (find_axis(of.axes(), name) == nullptr)
      throw error(fmt::format("{} cannot be used: the suite {} has no axis {}", where,
                              of.traits().name, printable(name)));
  }
  for (const axis& each : of.axes()) {
    if (has.contains(each.name)) continue;
    for (sample& lacking : samples) lacking.key[each.name] = each.fallback;
  }
}

std::vector<std::string> label_axes(const suite& of, const std::vector<cell_samples>& cells) {
  std::vector<json> keys;
  for (const cell_samples& each : cells) {
    if (!each.is_roof) keys.push_back(each.key);
  }
  return naming_axes(of, keys);
}

}  // namespace annulus::harness
