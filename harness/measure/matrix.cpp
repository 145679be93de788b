#include "measure/matrix.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <annulus/pipeline/escaped.hpp>
#include <charconv>
#include <limits>
#include <sstream>

#include "base/bounded_file.hpp"
#include "base/error.hpp"
#include "base/printable.hpp"
#include "base/sizes.hpp"
#include "base/toml_fields.hpp"

namespace annulus::harness {
namespace {

const std::vector<std::string> top_keys{"schema",      "suite", "name",   "description",
                                        "repetitions", "until", "budget", "seed",
                                        "input",       "axes",  "only",   "except"};

std::vector<std::string> names_of(const suite& of) {
  std::vector<std::string> out;
  for (const axis& each : of.axes()) out.push_back(each.name);
  return out;
}

// Nothing if `spelled` is not of that form; throws bad_input if it refers to nothing.
std::optional<json> derived_value(const suite& of, const axis& what, const json& spelled,
                                  std::string_view where) {
  const auto found = what.values.derivable && spelled.is_string()
                         ? parse_derived(spelled.get<std::string>())
                         : std::nullopt;
  if (!found) return std::nullopt;
  std::vector<std::string> known = of.traits().quantities;
  for (const axis& each : of.axes()) {
    if (each.values.derivable && each.name != what.name) known.push_back(each.name);
  }
  if (std::find(known.begin(), known.end(), found->of) == known.end()) {
    throw bad_input(fmt::format("{} can be derived from {}, but not from \"{}\"", where,
                                fmt::join(known, ", "), printable(found->of)));
  }
  return json(fmt::format("{} x {}", found->factor, found->of));
}

json value_from(const suite& of, const axis& what, const json& spelled, std::string_view where) {
  if (auto derived = derived_value(of, what, spelled, where)) return *std::move(derived);
  return what.parse(spelled, where);
}

void add_once(std::vector<json>& to, json value, const axis& what, std::string_view where) {
  if (std::find(to.begin(), to.end(), value) != to.end()) {
    throw bad_input(
        fmt::format("{} must name each value once, but repeats {}", where,
                    value.is_string() ? value.get<std::string>() : what.values.text(value)));
  }
  to.push_back(std::move(value));
}

enum class spelling { plain, or_derived };

std::vector<json> values_from(const suite& of, const axis& what, const toml_field& at,
                              spelling how) {
  const auto& all = what.values.all;
  if (!all.empty() && at.spelled() == "all") return all;
  std::vector<json> out;
  for (const toml_field& item : at.list(all.empty() ? "a list of at least one value"
                                                    : "a list of at least one value, or \"all\"")) {
    const json spelled = item.spelled();
    if (spelled.is_null()) item.refuse(what.values.allowed);
    json value = how == spelling::plain ? what.parse(spelled, item.where())
                                        : value_from(of, what, spelled, item.where());
    add_once(out, std::move(value), what, item.where());
  }
  return out;
}

void read_axes(const toml_fields& axes, matrix& out) {
  axes.refuse_unknown(names_of(*out.of));
  for (const axis& what : out.of->axes()) {
    if (const auto at = axes.find(what.name))
      out.axes[what.name] = values_from(*out.of, what, *at, spelling::or_derived);
  }
}

std::vector<cell_filter> read_filters(const toml_field& at, std::string_view key, const suite& of) {
  const auto allowed = fmt::format("tables, [[{}]]", key);
  std::vector<cell_filter> out;
  for (const toml_field& element : at.list(allowed)) {
    const toml_fields table = element.table(allowed);
    if (table.empty()) at.refuse("tables that name at least one axis each");
    table.refuse_unknown(names_of(of));
    cell_filter& filter = out.emplace_back();
    for (const axis& what : of.axes()) {
      if (const auto values = table.find(what.name))
        filter[what.name] = values_from(of, what, *values, spelling::plain);
    }
  }
  return out;
}

std::string directory_name(const toml_field& at) {
  constexpr std::string_view allowed = "lower-case letters, digits and '-'";
  std::string name = at.text(allowed);
  const bool good = std::all_of(name.begin(), name.end(), [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '-';
  });
  if (name.empty() || name.size() > 64 || !good) at.refuse(allowed);
  return name;
}

// "5%" as 0.05.
double part_from(const toml_field& at) {
  constexpr std::string_view allowed = "a percentage from \"0.1%\" to \"100%\"";
  const auto part = parse_percent(at.text(allowed));
  if (!part || *part < 0.001 || *part > 1) at.refuse(allowed);
  return *part;
}

// "90s", "5min", "2h".
std::chrono::seconds duration_from(const toml_field& at) {
  constexpr std::string_view allowed = "a time from \"1s\" to \"24h\", in s, min or h";
  const std::string text = at.text(allowed);
  std::int64_t number = 0;
  const auto* const end = text.data() + text.size();
  const auto [behind, failed] = std::from_chars(text.data(), end, number);
  const std::string_view unit(behind, end);
  const std::int64_t each = unit == "s" ? 1 : unit == "min" ? 60 : unit == "h" ? 3600 : 0;
  constexpr std::int64_t most = 86400;
  if (failed != std::errc{} || each == 0 || number < 1 || number > most / each) at.refuse(allowed);
  return std::chrono::seconds(number * each);
}

// Any number above most_turns if they are more than that.
std::uint64_t turns_of(const matrix& of) {
  std::uint64_t turns = static_cast<std::uint64_t>(of.repetitions);
  for (const auto& [name, values] : of.axes) {
    turns = std::min<std::uint64_t>(turns * values.size(), most_turns + 1);
  }
  return turns;
}

toml::array to_toml(const axis& what, const std::vector<json>& values) {
  toml::array list;
  for (const json& value : values) {
    if (value.is_boolean()) {
      list.push_back(value.get<bool>());
    } else if (value.is_number_float()) {
      list.push_back(value.get<double>());
    } else {
      list.push_back(value.is_string() ? value.get<std::string>() : what.values.text(value));
    }
  }
  return list;
}

toml::array to_toml(const suite& of, const std::vector<cell_filter>& filters) {
  toml::array out;
  for (const cell_filter& filter : filters) {
    toml::table table;
    for (const auto& [name, values] : filter)
      table.insert(name, to_toml(*find_axis(of.axes(), name), values));
    out.push_back(std::move(table));
  }
  return out;
}

// Matrices from before there were several suites name neither schema nor suite.
const suite* suite_from(const toml_fields& file, const suite_list& suites) {
  if (!file.find("schema") && !file.find("suite")) return suites.front();
  static_cast<void>(file.require("schema").number(
      schema, schema, fmt::format("{}, the schema that this reads", schema)));
  const auto of = file.require("suite");
  return &find_suite(suites, of.text("the name of a suite"), of.where());
}

}  // namespace

bool matches(const cell_filter& filter, const json& key) {
  return std::all_of(filter.begin(), filter.end(), [&](const auto& axis) {
    const auto& [name, values] = axis;
    return std::find(values.begin(), values.end(), key.at(name)) != values.end();
  });
}

matrix parse_matrix(std::string_view text, std::string_view source, const suite_list& suites) {
  const toml::table parsed = parse_toml(text, source);
  const toml_fields file(source, parsed);
  file.refuse_unknown(top_keys);
  matrix out;
  out.of = suite_from(file, suites);
  out.name = directory_name(file.require("name"));
  for (const axis& each : out.of->axes()) out.axes[each.name] = {each.fallback};
  if (const auto at = file.find("description")) out.description = at->text();
  if (const auto at = file.find("repetitions")) {
    out.repetitions = static_cast<int>(at->number(
        1, most_repetitions, fmt::format("a whole number from 1 to {}", most_repetitions)));
  }
  if (const auto at = file.find("until")) out.until = part_from(*at);
  if (const auto at = file.find("budget")) out.budget = duration_from(*at);
  if (out.until.has_value() != (out.budget.count() > 0)) {
    throw bad_input(fmt::format("{}: until and budget belong together, but {} is missing", source,
                                out.until ? "budget" : "until"));
  }
  if (const auto at = file.find("seed")) {
    out.seed = static_cast<std::uint64_t>(
        at->number(0, std::numeric_limits<std::int64_t>::max(), "a whole number from 0"));
  }
  if (const auto at = file.find("input")) out.input = at->text("the path of a file");
  if (const auto at = file.find("axes")) read_axes(at->table("a table, [axes]"), out);
  if (const auto at = file.find("only")) out.only = read_filters(*at, "only", *out.of);
  if (const auto at = file.find("except")) out.except = read_filters(*at, "except", *out.of);
  if (turns_of(out) > most_turns) {
    throw bad_input(
        fmt::format("{}: its axes and repetitions make more than {} turns", source, most_turns));
  }
  return out;
}

matrix load_matrix(const std::filesystem::path& file, const suite_list& suites) {
  constexpr std::uint64_t most_bytes = std::uint64_t{1} << 20U;
  const auto name = pipeline::escaped(file);
  return parse_matrix(read_bounded(file, most_bytes, "the matrix " + name), name, suites);
}

void set_axis(matrix& of, const std::string& axis, const std::vector<std::string>& spelled,
              std::string_view where) {
  const auto* const what = find_axis(of.of->axes(), axis);
  if (what == nullptr) {
    throw bad_input(fmt::format("{}: the suite {} has no axis {}, only {}", where,
                                of.of->traits().name, printable(axis),
                                fmt::join(names_of(*of.of), ", ")));
  }
  std::vector<json> values;
  for (const std::string& each : spelled) {
    if (each == "all" && spelled.size() == 1 && !what->values.all.empty()) {
      values = what->values.all;
    } else {
      add_once(values, value_from(*of.of, *what, each, where), *what, where);
    }
  }
  if (values.empty()) throw bad_input(fmt::format("{} names no value", where));
  of.axes[axis] = std::move(values);
  if (turns_of(of) > most_turns) {
    throw bad_input(fmt::format("{} makes more than {} turns", where, most_turns));
  }
}

std::string to_toml(const matrix& value) {
  toml::table top;
  top.insert("schema", schema);
  top.insert("suite", value.of->traits().name);
  top.insert("name", value.name);
  top.insert("description", value.description);
  top.insert("repetitions", value.repetitions);
  if (value.until) {
    // So many digits come back as they are, more might not.
    top.insert("until", fmt::format("{:.12g}%", *value.until * 100));
    top.insert("budget", fmt::format("{}s", value.budget.count()));
  }
  if (value.seed) top.insert("seed", static_cast<std::int64_t>(*value.seed));
  if (value.input) {
    top.insert("input",
               (value.input->is_absolute() ? value.input->filename() : *value.input).string());
  }
  toml::table axes;
  for (const axis& each : value.of->axes())
    axes.insert(each.name, to_toml(each, value.axes.at(each.name)));
  top.insert("axes", std::move(axes));
  if (!value.only.empty()) top.insert("only", to_toml(*value.of, value.only));
  if (!value.except.empty()) top.insert("except", to_toml(*value.of, value.except));
  std::ostringstream out;
  out << top << '\n';
  return std::move(out).str();
}

}  // namespace annulus::harness
