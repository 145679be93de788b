#include "report/claims.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <annulus/pipeline/escaped.hpp>
#include <iterator>

#include "base/bounded_file.hpp"
#include "base/error.hpp"
#include "base/printable.hpp"
#include "base/toml_fields.hpp"
#include "measure/axis.hpp"
#include "measure/estimates.hpp"
#include "report/measured.hpp"
#include "report/table.hpp"

namespace annulus::harness {
namespace {

std::vector<json> values_of(const toml_field& at, const axis& what) {
  const auto parsed = [&](const toml_field& item) {
    const json spelled = item.spelled();
    if (spelled.is_null()) item.refuse(what.values.allowed);
    return what.parse(spelled, item.where());
  };
  if (!at.is_list()) return {parsed(at)};
  std::vector<json> out;
  for (const toml_field& each : at.list("a value, or a list of some")) out.push_back(parsed(each));
  return out;
}

claim_side side_from(const toml_fields& from, const suite& of) {
  std::vector<std::string> known{"role", "best"};
  for (const axis& each : of.axes()) known.push_back(each.name);
  from.refuse_unknown(known);
  claim_side out;
  for (const axis& each : of.axes()) {
    if (const auto at = from.find(each.name)) out.axes[each.name] = values_of(*at, each);
  }
  if (const auto at = from.find("role")) out.role = at->text();
  if (const auto at = from.find("best")) out.best = at->truth();
  return out;
}

void read_relation(const toml_fields& from, claim& out) {
  from.refuse_unknown({"metric", "left", "right", "each", "at_least", "at_most"});
  const toml_field by = from.require("metric");
  const auto& metrics = out.of->traits().metrics;
  const auto found = std::find_if(metrics.begin(), metrics.end(), [&](const metric& each) {
    return each.name == by.text("the name of a metric");
  });
  if (found == metrics.end()) {
    std::vector<std::string> names;
    for (const metric& each : metrics) names.push_back(each.name);
    by.refuse(fmt::format("one of {}", fmt::join(names, ", ")));
  }
  out.by = &*found;
  out.left = side_from(from.require("left").table("a table of axes"), *out.of);
  if (const auto at = from.find("right")) {
    const toml_fields right = at->table("a table of axes, or of a value");
    if (const auto constant = right.find("value")) {
      right.refuse_unknown({"value"});
      out.constant = constant->real();
      if (!(*out.constant > 0)) constant->refuse("a number above 0");
    } else {
      out.right = side_from(right, *out.of);
    }
  }
  if (const auto at = from.find("each")) {
    out.each = at->text("the name of an axis");
    if (find_axis(out.of->axes(), out.each) == nullptr)
      at->refuse(fmt::format("an axis of the suite {}", out.of->traits().name));
  }
  if (const auto at = from.find("at_least")) out.at_least = at->real();
  if (const auto at = from.find("at_most")) out.at_most = at->real();
}

publication publication_from(const toml_fields& from) {
  from.refuse_unknown({"results", "machine", "revision", "value"});
  return {from.require("results").text(), from.require("machine").text(),
          from.require("revision").text(), from.require("value").real()};
}

// The one cell of a side, or why there is none.
struct chosen {
  const cell_samples* cell = nullptr;
  std::string missing;
};

bool fits(const claim& what, const claim_side& side, const json& key) {
  return matches(side.axes, key) && (side.role.empty() || what.of->role(key) == side.role);
}

std::string why_unfit(const claim& what, const cell_samples& cell) {
  // A roof delivers nothing that could be verified.
  const bool delivers = !cell.is_roof && what.of->role(cell.key) != "roof";
  if (!cell.skipped.empty()) return cell.skipped;
  if (cell.results.empty() && cell.marked.empty() && !cell.errors.empty())
    return cell.errors.front();
  if (delivers && !is_verified(cell)) return "what arrived was not verified";
  if (cell.results.size() >= least_for_interval) return "";
  return fmt::format("{} repetitions in good company, and {} are needed", cell.results.size(),
                     least_for_interval);
}

chosen choose(const claim& what, const claim_side& side, std::string_view name,
              const std::vector<cell_samples>& cells, const std::vector<std::string>& shown) {
  std::vector<const cell_samples*> field;
  for (const cell_samples& each : cells) {
    if (fits(what, side, each.key) && !(side.best && each.is_roof)) field.push_back(&each);
  }
  const auto label = [&](const cell_samples& cell) {
    return cell_label(what.of->axes(), cell.key, shown);
  };
  if (field.empty()) return {nullptr, fmt::format("there is no cell for its {} side", name)};
  if (!side.best && field.size() > 1) {
    return {nullptr, fmt::format("its {} side is {} cells, such as {}", name, field.size(),
                                 label(*field.front()))};
  }
  if (side.best) {
    const auto best = winner_of(field, *what.by);
    if (best) field = {best->cell};
  }
  const std::string unfit = why_unfit(what, *field.front());
  if (!unfit.empty()) return {nullptr, fmt::format("{}: {}", label(*field.front()), unfit)};
  return {field.front(), ""};
}

std::optional<estimate> figure_of(const claim& what, const cell_samples& left,
                                  const cell_samples* right) {
  if (right != nullptr) return ratio_of(left, what.by->name, *right, what.by->name);
  auto out = estimate_of(left, what.by->name);
  if (out && what.constant)
    out = estimate{out->median / *what.constant, out->low / *what.constant,
                   out->high / *what.constant, out->n};
  return out;
}

void rule(const claim& what, judgement& out) {
  const estimate& at = *out.figure;
  if (!at.has_interval()) {
    out.reason = fmt::format("{} repetitions, and {} are needed", at.n, least_for_interval);
    return;
  }
  const bool holds =
      (!what.at_least || at.low >= *what.at_least) && (!what.at_most || at.high <= *what.at_most);
  const bool fails =
      (what.at_least && at.high < *what.at_least) || (what.at_most && at.low > *what.at_most);
  if (!holds && !fails) {
    out.reason = "the interval contains the bound";
    return;
  }
  out.said = holds ? ruling::holds : ruling::does_not_hold;
}

// Of a relation between one cell and another.
judgement judge_one(const claim& what, const std::vector<cell_samples>& cells) {
  const auto shown = label_axes(*what.of, cells);
  const auto label = [&](const cell_samples& cell) {
    return cell_label(what.of->axes(), cell.key, shown);
  };
  judgement out;
  const chosen left = choose(what, what.left, "left", cells, shown);
  const chosen right = what.right ? choose(what, *what.right, "right", cells, shown) : chosen{};
  for (const chosen* const side : {&left, &right}) {
    if (!side->missing.empty() && out.reason.empty()) out.reason = side->missing;
  }
  if (!out.reason.empty()) return out;
  out.cells = label(*left.cell);
  if (right.cell != nullptr) out.cells += " / " + label(*right.cell);
  if (what.constant) out.cells += fmt::format(" / {}", *what.constant);
  out.figure = figure_of(what, *left.cell, right.cell);
  if (!out.figure) {
    out.reason = fmt::format("there is no such {}", what.is_ratio() ? "ratio" : "figure");
    return out;
  }
  rule(what, out);
  return out;
}

// The worst first.
std::pair<int, double> rank_of(const claim& what, const judgement& found) {
  const double median = found.figure ? found.figure->median : 0;
  return {found.said == ruling::does_not_hold    ? 0
          : found.said == ruling::cannot_be_told ? 1
                                                 : 2,
          what.at_least ? median : -median};
}

}  // namespace

claim parse_claim(std::string_view text, std::string_view source, const suite_list& suites) {
  const toml::table parsed = parse_toml(text, source);
  const toml_fields file(source, parsed);
  file.refuse_unknown(
      {"schema", "name", "statement", "source", "suite", "matrix", "relation", "published"});
  static_cast<void>(file.require("schema").number(
      schema, schema, fmt::format("{}, the schema that this reads", schema)));
  claim out;
  out.name = file.require("name").text();
  out.statement = file.require("statement").text();
  out.source = file.require("source").text();
  out.suite_name = file.require("suite").text();
  out.matrix = file.require("matrix").text();
  const toml_fields relation = file.require("relation").table("a table, [relation]");
  if (const auto at = file.find("published"))
    out.published = publication_from(at->table("a table, [published]"));
  const auto of = std::find_if(suites.begin(), suites.end(), [&](const suite* each) {
    return each->traits().name == out.suite_name;
  });
  if (of == suites.end()) return out;
  out.of = *of;
  read_relation(relation, out);
  if (!out.at_least && !out.at_most) {
    throw bad_input(fmt::format("{}: the relation has neither at_least nor at_most", source));
  }
  for (const claim_side* const side : {&out.left, out.right ? &*out.right : nullptr}) {
    if (side != nullptr && side->best && out.by->best == better::neither)
      throw bad_input(fmt::format("{}: no {} is the best", source, out.by->name));
  }
  return out;
}

std::vector<claim> load_claims(const std::filesystem::path& directory, const suite_list& suites) {
  constexpr std::uint64_t most_bytes = std::uint64_t{64} << 10U;
  std::vector<claim> out;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(directory, failed)) {
    const auto& file = entry.path();
    if (file.extension() != ".toml") continue;
    const std::string name = pipeline::escaped(file);
    out.push_back(parse_claim(read_bounded(file, most_bytes, "the claim " + name), name, suites));
    if (out.back().name != file.stem()) {
      throw bad_input(fmt::format("{} holds the claim {}, and not the one of its own name", name,
                                  printable(out.back().name)));
    }
  }
  if (failed)
    throw error(
        fmt::format("{} cannot be read: {}", pipeline::escaped(directory), failed.message()));
  std::sort(out.begin(), out.end(),
            [](const claim& one, const claim& other) { return one.name < other.name; });
  return out;
}

judgement judge(const claim& what, const std::vector<cell_samples>& cells) {
  if (what.of == nullptr) {
    judgement out;
    out.reason = fmt::format("this build lacks the suite {}", printable(what.suite_name));
    return out;
  }
  std::vector<json> values;
  for (const cell_samples& cell : cells) {
    if (what.each.empty() || !fits(what, what.left, cell.key)) continue;
    const json& value = cell.key.at(what.each);
    if (std::find(values.begin(), values.end(), value) == values.end()) values.push_back(value);
  }
  if (values.empty()) return judge_one(what, cells);
  std::vector<judgement> found;
  for (const json& value : values) {
    claim one = what;
    one.left.axes[what.each] = {value};
    if (one.right) one.right->axes[what.each] = {value};
    found.push_back(judge_one(one, cells));
  }
  return *std::min_element(found.begin(), found.end(), [&](const auto& one, const auto& other) {
    return rank_of(what, one) < rank_of(what, other);
  });
}

std::vector<json> cells_for(const claim& what, const claim_side& side,
                            const std::vector<json>& keys) {
  std::vector<json> out;
  std::copy_if(keys.begin(), keys.end(), std::back_inserter(out),
               [&](const json& key) { return fits(what, side, key); });
  return out;
}

std::string_view word_for(ruling said) noexcept {
  switch (said) {
    case ruling::holds:
      return "holds";
    case ruling::does_not_hold:
      return "does not hold";
    case ruling::cannot_be_told:
      break;
  }
  return "cannot be told";
}

std::string bound_text(const claim& what) {
  if (what.by == nullptr) return "-";
  const double scale = what.is_ratio() ? 1 : what.by->scale;
  std::string out;
  if (what.at_least) out = fmt::format("at least {:g}", *what.at_least * scale);
  if (what.at_most)
    out += fmt::format("{}at most {:g}", out.empty() ? "" : ", ", *what.at_most * scale);
  return out;
}

std::string figure_text(const claim& what, const estimate& value) {
  if (what.by == nullptr || what.is_ratio()) return estimate_text(value);
  return fmt::format("{} {}", estimate_text(value, what.by->scale), what.by->title);
}

}  // namespace annulus::harness
