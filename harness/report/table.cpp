#include "report/table.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <annulus/pipeline/escaped.hpp>
#include <cctype>
#include <iterator>
#include <utility>

#include "base/error.hpp"
#include "base/printable.hpp"
#include "measure/axis.hpp"
#include "measure/result_set.hpp"
#include "measure/shape.hpp"
#include "report/measured.hpp"

namespace annulus::harness {
namespace {

using name_list = std::vector<std::string>;
using cell_list = std::vector<const cell_samples*>;

template <class List, class Value>
bool holds(const List& list, const Value& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

std::vector<json> keys_of(const std::vector<cell_samples>& cells) {
  std::vector<json> out;
  for (const cell_samples& cell : cells) {
    if (!cell.is_roof) out.push_back(cell.key);
  }
  return out;
}

void add_note(std::vector<table_note>& to, const std::string& cell, const std::string& reason) {
  const auto at = std::find_if(to.begin(), to.end(),
                               [&](const table_note& each) { return each.reason == reason; });
  if (at == to.end()) {
    to.push_back({cell, 0, reason});
  } else {
    ++at->more;
  }
}

// Marks of one kind differ in their figures.
std::string without_figures(const std::string& mark) {
  std::string out;
  std::copy_if(mark.begin(), mark.end(), std::back_inserter(out),
               [](unsigned char letter) { return std::isdigit(letter) == 0 && letter != '.'; });
  return out;
}

double first_figure(const std::string& mark) {
  const auto at = mark.find_first_of("0123456789");
  return at == std::string::npos ? 0 : std::strtod(mark.c_str() + at, nullptr);
}

void add_mark(std::vector<table_mark>& to, const std::string& mark) {
  const auto at = std::find_if(to.begin(), to.end(), [&](const table_mark& each) {
    return without_figures(each.worst) == without_figures(mark);
  });
  if (at == to.end()) {
    to.push_back({mark, 1});
    return;
  }
  ++at->samples;
  if (first_figure(mark) > first_figure(at->worst)) at->worst = mark;
}

class table_maker {
 public:
  table_maker(table& out, const std::vector<sample>& samples)
      : out_(out),
        of_(*out.of),
        layout_(of_.traits().table),
        samples_(samples),
        cells_(by_cell(samples)) {}

  void make() {
    arrange();
    std::vector<std::pair<std::string, cell_list>> fields;
    for (const cell_samples& cell : cells_) {
      note(cell);
      if (cell.is_roof || cell.results.size() + cell.marked.size() == 0) continue;
      const std::string value = section_of(cell.key);
      auto at = std::find_if(fields.begin(), fields.end(),
                             [&](const auto& each) { return each.first == value; });
      if (at == fields.end()) at = fields.insert(at, {value, {}});
      at->second.push_back(&cell);
      remark(cell);
    }
    for (const auto& [value, field] : fields) out_.sections.push_back(made_section(value, field));
    judge_company();
  }

 private:
  [[nodiscard]] std::string section_of(const json& key) const {
    return out_.section_axis.empty() ? "" : axis_text(of_.axes(), key, out_.section_axis);
  }

  void arrange() {
    const std::vector<json> keys = keys_of(cells_);
    naming_ = naming_axes(of_, keys);
    out_.section_axis = section_axis(of_, keys);
    out_.constant = json::object();
    for (const axis& each : of_.axes()) {
      if (keys.empty() || each.name == out_.section_axis || holds(naming_, each.name)) continue;
      out_.constant[each.name] = axis_text(of_.axes(), keys.front(), each.name);
    }
  }

  void arrange(table_section& to, const cell_list& field) const {
    std::vector<json> keys;
    for (const cell_samples* const cell : field) keys.push_back(cell->key);
    const name_list here = naming_axes(of_, keys);
    to.constant = json::object();
    for (const std::string& axis : naming_) {
      if (axis == out_.section_axis) continue;
      if (!holds(here, axis)) {
        to.constant[axis] = axis_text(of_.axes(), keys.front(), axis);
      } else if (axis == layout_.across) {
        to.across = axis;
      } else {
        to.columns.push_back(axis);
      }
    }
  }

  // What tells a cell from the others of its section.
  [[nodiscard]] std::string label_of(const table_section& in, const cell_samples& cell) const {
    name_list axes = in.columns;
    if (!in.across.empty()) axes.push_back(in.across);
    return cell_label(of_.axes(), cell.key, axes.empty() ? naming_ : axes);
  }

  void note(const cell_samples& cell) {
    const std::string label = cell_label(of_.axes(), cell.key, naming_);
    for (const std::string& reason : cell.errors) add_note(out_.failed, label, reason);
    if (!cell.skipped.empty()) add_note(out_.skipped, label, cell.skipped);
    out_.finished += cell.results.size() + cell.marked.size();
    out_.marked += cell.marked.size();
  }

  // What the median hides of the figure by which it is judged.
  void remark(const cell_samples& cell) {
    const auto shown = of_.shown(cell.key);
    if (shown.empty()) return;
    const metric& by = find_metric(of_, shown.front());
    std::vector<double> values;
    for (const auto& [repetition, result] : cell.results) {
      const auto at = result.metrics.find(by.name);
      if (at != result.metrics.end()) values.push_back(at->second * by.scale);
    }
    const sample_shape found = shape_of(values);
    const auto say = [&](const std::string& what) {
      add_note(out_.remarks, cell_label(of_.axes(), cell.key, naming_), what);
    };
    // Humps closer together than that mislead nobody.
    constexpr double worth_telling = 0.02;
    if (found.split && found.high_hump - found.low_hump > worth_telling * found.high_hump) {
      say(fmt::format(
          "two humps, around {:.4g} and {:.4g} {}, of neither of which the median says anything",
          found.low_hump, found.high_hump, by.title));
    } else if (found.drifts) {
      say(fmt::format("drifts by {:+.1f} % from the first third of its repetitions to the last",
                      found.drift * 100));
    } else if (found.warms_up) {
      say("its first repetition lies apart from all others");
    }
  }

  [[nodiscard]] table_section made_section(const std::string& value, const cell_list& field) const {
    table_section out;
    out.value = value;
    arrange(out, field);
    cell_list all = field;
    for (const cell_samples* const cell : field) {
      for (const cell_samples* const roof : roofs_of(of_, *cell, cells_)) {
        if (!holds(all, roof)) all.push_back(roof);
      }
    }
    for (const cell_samples* const cell : all) {
      out.cells.push_back(made_cell(out, *cell));
      for (const std::string& name : of_.shown(cell->key)) {
        const metric* const shown = &find_metric(of_, name);
        if (out.cells.back().figures.contains(name) && !holds(out.shown, shown))
          out.shown.push_back(shown);
      }
    }
    out.best = best_of(out, field);
    return out;
  }

  [[nodiscard]] table_cell made_cell(const table_section& in, const cell_samples& from) const {
    table_cell out;
    out.key = from.key;
    out.label = label_of(in, from);
    out.role = of_.role(from.key);
    out.is_roof = from.is_roof;
    if (out.is_roof && out.role.empty()) out.role = "roof";
    out.verified = is_verified(from);
    out.good = from.results.size();
    out.marked = from.marked.size();
    for (const metric& each : of_.traits().metrics) {
      if (const auto value = estimate_of(from, each.name)) out.figures.emplace(each.name, *value);
    }
    const auto shown = of_.shown(from.key);
    for (const cell_samples* const roof : roofs_of(of_, from, cells_)) {
      if (!shown.empty() && !out.of_roof)
        out.of_roof = ratio_of(from, shown.front(), *roof, shown.front());
    }
    const auto cpus = out_.environment.value("cpus", std::size_t{0});
    if (const auto known = clues_of(of_, from, cells_, cpus)) out.reason = why_of(*known);
    const cell_samples* const baseline = baseline_of(of_, from, cells_);
    if (baseline != nullptr && !shown.empty())
      out.of_baseline = ratio_of(from, shown.front(), *baseline, shown.front());
    return out;
  }

  // Nothing if its cells are judged by different figures, or by one of which neither more nor less
  // is better.
  [[nodiscard]] std::optional<table_winner> best_of(const table_section& in,
                                                    const cell_list& field) const {
    const auto judged_by = [&](const cell_samples* cell) {
      const auto shown = of_.shown(cell->key);
      return shown.empty() ? std::string() : shown.front();
    };
    const std::string name = judged_by(field.front());
    const bool one_contest = layout_.is_contest && field.size() > 1 && !name.empty() &&
                             std::all_of(field.begin(), field.end(), [&](const cell_samples* cell) {
                               return judged_by(cell) == name;
                             });
    if (!one_contest || find_metric(of_, name).best == better::neither) return std::nullopt;
    const auto found = winner_of(field, find_metric(of_, name));
    if (!found) return std::nullopt;
    table_winner out{label_of(in, *found->cell), &find_metric(of_, name), found->value, {}};
    for (const cell_samples* const tie : found->ties) out.ties.push_back(label_of(in, *tie));
    return out;
  }

  void judge_company() {
    for (const sample& each : samples_) {
      if (!each.result || !each.is_marked()) continue;
      for (const json& mark : each.fitness.at("marks"))
        add_mark(out_.marks, mark.get<std::string>());
    }
  }

  table& out_;
  const suite& of_;
  const layout& layout_;
  const std::vector<sample>& samples_;
  const std::vector<cell_samples> cells_;
  name_list naming_;  ///< the axes of a label
};

json why_json(const why& value) {
  json out{{"cause", to_string(value.what)}, {"sentence", value.sentence}};
  if (value.ring_size) out["ring_size"] = *value.ring_size;
  return out;
}

json cell_json(const table_cell& cell) {
  json out{{"key", cell.key}};
  if (!cell.role.empty()) out["role"] = cell.role;
  out["roof"] = cell.is_roof;
  out["verified"] = cell.verified;
  out["n"] = cell.good;
  out["marked"] = cell.marked;
  for (const auto& [name, value] : cell.figures) out["metrics"][name] = to_json(value);
  if (cell.of_roof) out["of_roof"] = to_json(*cell.of_roof);
  if (cell.reason) out["why"] = why_json(*cell.reason);
  if (cell.of_baseline) out["of_baseline"] = to_json(*cell.of_baseline);
  return out;
}

json section_json(const table& of, const table_section& section) {
  json out = json::object();
  if (!section.value.empty()) out[of.section_axis] = section.value;
  out["constant"] = section.constant;
  out["cells"] = json::array();
  for (const table_cell& cell : section.cells) out["cells"].push_back(cell_json(cell));
  if (section.best) {
    out["winner"] = {{"cell", section.best->cell},
                     {"by", section.best->by->name},
                     {"value", to_json(section.best->value)},
                     {"ties", section.best->ties}};
  }
  return out;
}

json notes_json(const std::vector<table_note>& notes) {
  json out = json::array();
  for (const table_note& note : notes)
    out.push_back({{"cell", note.cell}, {"more", note.more}, {"reason", note.reason}});
  return out;
}

const suite& suite_of(const json& environment, const suite_list& suites, const std::string& where) {
  const auto name = environment.find("suite");
  if (name == environment.end() || !name->is_string()) {
    throw error(fmt::format("{} is no result set: its {} names no suite", where, environment_name));
  }
  return find_suite(suites, name->get<std::string>(), fmt::format("the suite of {}", where));
}

}  // namespace

json to_json(const estimate& value) {
  json out{{"median", value.median}};
  if (value.has_interval()) out["interval_95"] = {value.low, value.high};
  out["n"] = value.n;
  return out;
}

bool table::all_verified() const {
  return std::all_of(sections.begin(), sections.end(), [](const table_section& section) {
    return std::all_of(section.cells.begin(), section.cells.end(),
                       [](const table_cell& cell) { return cell.verified; });
  });
}

table make_table(const std::filesystem::path& directory, const suite_list& suites) {
  table out;
  out.run = run_name(directory);
  out.environment = read_environment(directory);
  const std::string where = pipeline::escaped(directory);
  auto samples = read_samples(directory / samples_name).samples;
  try {
    out.of = &suite_of(out.environment, suites, where);
    add_new_axes(samples, *out.of, where);
    table_maker(out, samples).make();
  } catch (const bad_input& problem) {
    // Of the result set, not of how the command was called.
    throw error(problem.what());
  } catch (const json::exception&) {
    throw error(fmt::format("{}: a cell of {} is none of the suite {}", where, samples_name,
                            out.of->traits().name));
  }
  out.turns = out.environment.contains("turns") ? out.environment["turns"].get<std::size_t>()
                                                : out.finished;
  return out;
}

std::string section_axis(const suite& of, const std::vector<json>& keys) {
  const layout& table = of.traits().table;
  return holds(varying_axes(keys), table.section_if_varies) ? table.section_if_varies
                                                            : table.section;
}

name_list naming_axes(const suite& of, const std::vector<json>& keys) {
  name_list out = of.traits().table.rows;
  for (const std::string& axis : varying_axes(keys)) {
    if (!holds(out, axis)) out.push_back(axis);
  }
  return out;
}

json to_json(const table& value) {
  json marks = json::array();
  for (const table_mark& each : value.marks)
    marks.push_back({{"samples", each.samples}, {"worst", each.worst}});
  json sections = json::array();
  for (const table_section& each : value.sections) sections.push_back(section_json(value, each));
  return {{"run", printable(value.run)},
          {"suite", value.of->traits().name},
          {"environment", value.environment},
          {"constant", value.constant},
          {"turns", value.turns},
          {"finished", value.finished},
          {"sections", std::move(sections)},
          {"remarks", notes_json(value.remarks)},
          {"failed", notes_json(value.failed)},
          {"skipped", notes_json(value.skipped)},
          {"fitness", {{"marked", value.marked}, {"marks", std::move(marks)}}}};
}

std::string machine_line(const json& environment) {
  const auto count = [&](const char* field, const char* unit) {
    const auto number = environment.value(field, std::uint64_t{0});
    return fmt::format("{} {}{}", number, unit, number == 1 ? "" : "s");
  };
  const auto text = [](const json& from, const char* field, const char* otherwise) {
    const auto at = from.find(field);
    const bool known = at != from.end() && at->is_string();
    return known ? printable(at->get<std::string>()) : otherwise;
  };
  const auto guest = environment.find("virtual_topology");
  const bool is_guest = guest != environment.end() && guest->is_object();
  const std::string hypervisor = is_guest ? text(*guest, "hypervisor", "a hypervisor") : "";
  return fmt::format("{}, {}, {}, {}{}", text(environment, "cpu_model", "unknown CPU"),
                     count("cpus", "CPU"), count("numa_nodes", "NUMA node"),
                     text(environment, "kernel", "unknown kernel"),
                     hypervisor.empty() ? "" : ", under " + hypervisor);
}

std::string constant_line(const suite& of, const json& constant) {
  name_list parts;
  for (const auto& [name, text] : constant.items()) {
    parts.push_back(
        fmt::format("{} {}", find_axis(of.axes(), name)->title(), text.get<std::string>()));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace annulus::harness
