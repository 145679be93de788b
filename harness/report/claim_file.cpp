// Claims as they are written down.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <annulus/pipeline/escaped.hpp>

#include "base/bounded_file.hpp"
#include "base/error.hpp"
#include "base/printable.hpp"
#include "base/toml_fields.hpp"
#include "measure/axis.hpp"
#include "report/claims.hpp"

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

std::string with_publication(std::string_view text, const publication& what) {
  constexpr std::string_view head = "\n[published]\n";
  std::string out(text.substr(0, text.find(head)));
  if (out.size() < text.size()) {
    const auto next = text.find("\n[", out.size() + head.size());
    if (next != std::string_view::npos) out += text.substr(next);
  }
  while (!out.empty() && out.back() == '\n') out.pop_back();
  // A string of JSON is one of TOML, too.
  const auto quoted = [](const std::string& value) { return json(value).dump(); };
  return fmt::format("{}\n{}results = {}\nmachine = {}\nrevision = {}\nvalue = {:.4g}\n", out, head,
                     quoted(what.results), quoted(what.machine), quoted(what.revision), what.value);
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

}  // namespace annulus::harness
