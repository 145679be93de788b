// annulus reproduce: whether what is claimed holds on this machine.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <set>

#include "base/bounded_file.hpp"
#include "base/columns.hpp"
#include "cli/command.hpp"
#include "cli/measuring.hpp"
#include "cli/stop_on_signal.hpp"
#include "measure/plan.hpp"
#include "measure/result_set.hpp"
#include "report/claims.hpp"
#include "report/measured.hpp"
#include "suites/registry.hpp"

namespace annulus::cli {
namespace {

namespace fs = std::filesystem;
using harness::claim;
using harness::json;
using harness::judgement;
using harness::measured_set;

struct reproduce_arguments {
  std::vector<std::string> claims;
  std::vector<fs::path> from;
  measuring how;
  bool as_data = false;
  bool only_list = false;
  bool publish = false;
};

std::vector<claim> chosen_claims(const std::vector<std::string>& names) {
  auto all = harness::load_claims(checkout() / "harness" / "claims", suites::all_suites());
  if (names == std::vector<std::string>{"all"}) return all;
  std::vector<claim> out;
  for (const std::string& name : names) {
    const auto at =
        std::find_if(all.begin(), all.end(), [&](const claim& each) { return each.name == name; });
    if (at == all.end()) {
      throw usage_error(fmt::format("there is no claim '{}'; annulus reproduce --list names them",
                                    printable(name)));
    }
    out.push_back(*at);
  }
  return out;
}

std::vector<harness::matrix> matrices_of(const std::vector<claim>& claims, const measuring& how) {
  std::set<std::string> names;
  for (const claim& each : claims) {
    if (each.of != nullptr) names.insert(each.matrix);
  }
  std::vector<harness::matrix> out;
  for (const std::string& name : names) out.push_back(load_named(name, how));
  return out;
}

double minutes_of(const std::vector<harness::matrix>& all) {
  const auto machine = harness::measurable_machine();
  double seconds = 0;
  for (const auto& what : all)
    seconds += make_plan(what, machine, 0).seconds(*what.of, what.repetitions);
  return seconds / 60;
}

std::vector<measured_set> measured(const reproduce_arguments& given,
                                   const std::vector<claim>& claims) {
  check_directories(given.how);
  const auto matrices = matrices_of(claims, given.how);
  warn(fmt::format("measuring {} {}, about {:.0f} min", matrices.size(),
                   matrices.size() == 1 ? "matrix" : "matrices", std::ceil(minutes_of(matrices))));
  const stop_on_signal signals;
  std::vector<measured_set> out;
  for (const auto& what : matrices) {
    const auto done = measure(what, given.how, signals.fd());
    if (done.interrupted) throw failure(interrupted_text(done, given.how));
    warn(fmt::format("the results are in {}", here(done.directory)));
    out.push_back(harness::load_measured(done.directory, suites::all_suites()));
  }
  return out;
}

json to_json(const claim& what, const judgement& found) {
  json out{{"claim", what.name},    {"statement", what.statement},     {"source", what.source},
           {"matrix", what.matrix}, {"verdict", word_for(found.said)}, {"bound", bound_text(what)}};
  if (!found.reason.empty()) out["reason"] = found.reason;
  if (!found.cells.empty()) out["cells"] = found.cells;
  if (found.figure) {
    out["metric"] = what.by->name;
    out["median"] = found.figure->median;
    if (found.figure->has_interval()) out["interval_95"] = {found.figure->low, found.figure->high};
    out["n"] = found.figure->n;
  }
  if (what.published) {
    out["published"] = {{"value", what.published->value},
                        {"machine", what.published->machine},
                        {"revision", what.published->revision},
                        {"results", what.published->results}};
  }
  return out;
}

std::vector<harness::text_row> table_of(const std::vector<claim>& claims,
                                        const std::vector<judgement>& found) {
  std::vector<harness::text_row> rows{{"claim", "here", "bound", "measured [95 %]", "published"}};
  for (std::size_t at = 0; at < claims.size(); ++at) {
    rows.push_back({claims[at].name, std::string(word_for(found[at].said)), bound_text(claims[at]),
                    found[at].figure ? figure_text(claims[at], *found[at].figure) : "-",
                    published_text(claims[at])});
  }
  return rows;
}

// As a claim names a set: from the root of the checkout, in which it has to lie.
std::string published_name(const fs::path& directory) {
  const auto clean = [](const fs::path& path) { return fs::absolute(path).lexically_normal(); };
  const auto name = clean(directory).lexically_relative(clean(checkout()));
  if (name.empty() || *name.begin() == "..")
    throw usage_error(fmt::format("{} cannot be published from: it lies outside of {}",
                                  here(directory), here(checkout())));
  return name.generic_string();
}

std::string machine_text(const measured_set& of) {
  const auto cpus = of.environment.value("cpus", std::uint64_t{0});
  return fmt::format("{}, {} CPU{}", of.environment.value("cpu_model", "unknown CPU"), cpus,
                     cpus == 1 ? "" : "s");
}

void publish(const std::vector<claim>& claims, const std::vector<judgement>& found) {
  constexpr std::uint64_t most_bytes = std::uint64_t{64} << 10U;
  for (std::size_t at = 0; at < claims.size(); ++at) {
    const measured_set* const from = found[at].from;
    if (!found[at].figure) {
      warn(fmt::format("{} has no figure to be published: {}", claims[at].name, found[at].reason));
      continue;
    }
    const fs::path file = checkout() / "harness" / "claims" / (claims[at].name + ".toml");
    const std::string text =
        harness::with_publication(harness::read_bounded(file, most_bytes, here(file)),
                                  {published_name(from->directory), machine_text(*from),
                                   from->revision(), found[at].figure->median});
    static_cast<void>(harness::parse_claim(text, here(file), suites::all_suites()));
    harness::write_durably(file, text);
  }
}

void list(const std::vector<claim>& claims) {
  for (const claim& each : claims)
    print("{} ({}, matrix {})\n  {}\n", each.name, each.source, each.matrix, each.statement);
}

void reproduce(const reproduce_arguments& given) {
  const auto names = given.claims.empty() ? std::vector<std::string>{"all"} : given.claims;
  if (given.claims.empty() && given.from.empty() && !given.only_list)
    throw usage_error("reproduce needs the names of claims, or all");
  const auto claims = chosen_claims(names);
  if (given.only_list) return list(claims);
  if (given.publish) {
    for (const fs::path& each : given.from) static_cast<void>(published_name(each));
    if (given.from.empty()) static_cast<void>(published_name(given.how.results));
  }
  std::vector<measured_set> sets;
  for (const fs::path& each : given.from)
    sets.push_back(harness::load_measured(each, suites::all_suites()));
  if (given.from.empty()) sets = measured(given, claims);
  std::vector<judgement> found;
  for (const claim& each : claims) found.push_back(judge_sets(each, sets));
  if (given.publish) publish(claims, found);
  if (given.as_data) {
    json out = json::array();
    for (std::size_t at = 0; at < claims.size(); ++at)
      out.push_back(to_json(claims[at], found[at]));
    return print_json(out, 2);
  }
  for (std::size_t at = 0; at < claims.size(); ++at) {
    print("{}: {}\n  {}{}\n", claims[at].name, word_for(found[at].said), claims[at].statement,
          found[at].reason.empty() ? "" : "\n  " + printable(found[at].reason));
    if (!found[at].cells.empty()) print("  {}\n", found[at].cells);
  }
  print("\n{}", aligned(table_of(claims, found), 5, harness::column_style::markdown));
}

}  // namespace

void add_reproduce(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("reproduce", "Measure what is claimed, and say of each claim if it holds");
  const auto given = std::make_shared<reproduce_arguments>();
  command->add_option("claims", given->claims, "Claims by name, or all; see --list");
  command->add_option("--from", given->from, "Judge these runs instead of measuring");
  command->add_flag("--list", given->only_list, "Say what is claimed, and measure nothing");
  command->add_option("--input", given->how.input, "The file that cells read");
  command->add_option("--results", given->how.results, "Where result sets are kept")
      ->capture_default_str();
  add_measuring(*command, given->how);
  command->add_flag("--publish", given->publish,
                    "Write the figures into harness/claims/ as the published ones");
  command->add_flag("--json", given->as_data, "Print JSON");
  command->footer(
      R"(A claim holds if the whole 95 % interval of its figure lies within its bound, does not hold if all of it
lies beyond, and else cannot be told. harness/claims/NAME.toml has each, harness/matrices/ what is measured;
a matrix is measured once, however many claims need it. That a claim does not hold is no failure.

Examples:
  annulus reproduce --list
  annulus reproduce all
  annulus reproduce ring-against-pipe serial-against-parallel
  annulus reproduce --from results/MACHINE/RUN
  annulus reproduce ring-size --from results/MACHINE/RUN --publish)");
  command->callback([given] { reporting([&] { reproduce(*given); }); });
}

}  // namespace annulus::cli
