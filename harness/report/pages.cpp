#include "report/pages.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <sstream>

#include "base/columns.hpp"
#include "base/error.hpp"
#include "base/printable.hpp"
#include "measure/axis.hpp"
#include "measure/result_set.hpp"
#include "report/claims.hpp"
#include "report/decision.hpp"
#include "report/measured.hpp"
#include "report/reference.hpp"
#include "report/table.hpp"

namespace annulus::harness {
namespace {

constexpr std::string_view mark_begin = "<!-- annulus ";
constexpr std::string_view mark_end = "<!-- annulus end -->";
constexpr std::string_view roof_ratio = "of_roof";
constexpr std::string_view baseline_ratio = "of_baseline";

// Some lines of a page.
struct passage {
  std::size_t line = 1;  ///< the number of its first
  std::string text;
  std::vector<std::string> asked;  ///< the words of what begins a made one; empty: it is not made
};

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> out;
  std::istringstream from(text);
  for (std::string each; std::getline(from, each, at);) {
    if (!each.empty()) out.push_back(std::move(each));
  }
  return out;
}

std::string place_of(const page& in, std::size_t line) {
  return fmt::format("{}:{}", printable(in.file.string()), line);
}

std::vector<passage> passages_of(const page& from) {
  std::vector<passage> out(1);
  std::istringstream lines(from.text);
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    const bool ends = line == mark_end;
    const bool begins = !ends && line.starts_with(mark_begin);
    const bool inside = !out.back().asked.empty();
    if (ends && !inside) throw error(fmt::format("{}: it ends nothing", place_of(from, number)));
    if (begins && inside)
      throw error(fmt::format("{}: the one before has no end", place_of(from, number)));
    if (ends) out.push_back({number, "", {}});
    out.back().text += line + '\n';
    if (!begins) continue;
    if (!line.ends_with(" -->"))
      throw error(fmt::format("{}: it must end in \" -->\" on its line", place_of(from, number)));
    line.erase(line.size() - 4);
    out.push_back({number + 1, "", split(line.substr(mark_begin.size()), ' ')});
  }
  if (!out.back().asked.empty())
    throw error(fmt::format("{}: it has no end", place_of(from, out.back().line - 1)));
  return out;
}

// What is asked for behind the kind: sets, and options by name.
struct request {
  std::vector<std::string> sets;
  std::vector<std::pair<std::string, std::string>> options;

  [[nodiscard]] std::string option(std::string_view name) const {
    for (const auto& [each, value] : options) {
      if (each == name) return value;
    }
    return "";
  }
};

request request_of(const std::vector<std::string>& asked,
                   std::initializer_list<const char*> known) {
  request out;
  for (auto word = asked.begin() + 1; word != asked.end(); ++word) {
    const auto equals = word->find('=');
    if (equals == std::string::npos) {
      out.sets.push_back(*word);
      continue;
    }
    const std::string name = word->substr(0, equals);
    if (std::find(known.begin(), known.end(), name) == known.end())
      throw error(fmt::format("a block of {} has no option {}, only {}", asked.front(),
                              printable(name), fmt::join(known, ", ")));
    out.options.emplace_back(name, word->substr(equals + 1));
  }
  if (out.sets.empty()) throw error("it names no result set");
  return out;
}

// What was measured, when and on what: of a table that is older than the sources, too.
std::string origin_text(const page& in, const std::string& set, const json& environment) {
  const auto link = std::filesystem::path(set).lexically_relative(in.file.parent_path());
  const auto started = environment.find("started");
  const bool known = started != environment.end() && started->is_string();
  return fmt::format("[`{}`]({}): measured {}at revision `{}` on {}{}.", run_name(set),
                     link.generic_string(),
                     known ? printable(started->get<std::string>().substr(0, 10)) + " " : "",
                     revision_of(environment), machine_line(environment),
                     environment.contains("converted")
                         ? "; converted from an older form, without the company of each sample"
                         : "");
}

// An axis of which one value is left has no need to stand side by side.
void fold_across(table_section& of, const suite& suite) {
  if (of.across.empty() || of.cells.empty()) return;
  const json& first = of.cells.front().key.at(of.across);
  const bool is_one = std::all_of(of.cells.begin(), of.cells.end(), [&](const table_cell& cell) {
    return cell.key.at(of.across) == first;
  });
  if (!is_one) return;
  of.constant[of.across] = axis_text(suite.axes(), of.cells.front().key, of.across);
  of.across.clear();
}

void keep_cells(table_section& of, const suite& suite, const cell_filter& only) {
  std::set<std::string> roofs;
  for (const table_cell& cell : of.cells) {
    if (cell.is_roof || !matches(only, cell.key)) continue;
    for (const json& roof : suite.roofs(cell.key)) roofs.insert(roof.dump());
  }
  std::erase_if(of.cells, [&](const table_cell& cell) {
    return cell.is_roof ? !roofs.contains(cell.key.dump()) : !matches(only, cell.key);
  });
  of.best.reset();  // it was the best of all
  fold_across(of, suite);
}

void keep_figures(table_section& of, const suite& suite, const std::vector<std::string>& names) {
  std::vector<const metric*> shown;
  const auto asks_for = [&](std::string_view ratio) {
    return std::find(names.begin(), names.end(), ratio) != names.end();
  };
  for (const std::string& name : names) {
    if (name != roof_ratio && name != baseline_ratio) shown.push_back(&find_metric(suite, name));
  }
  of.shown = std::move(shown);
  for (table_cell& cell : of.cells) {
    if (!asks_for(roof_ratio)) cell.of_roof.reset();
    if (!asks_for(baseline_ratio)) cell.of_baseline.reset();
  }
}

cell_filter filter_of(const request& from, const suite& of) {
  cell_filter out;
  for (const auto& [name, value] : from.options) {
    if (name != "only") continue;
    const auto colon = value.find(':');
    const std::string axis = value.substr(0, colon);
    const auto* const what = find_axis(of.axes(), axis);
    if (what == nullptr || colon == std::string::npos)
      throw error(fmt::format("only={} is no AXIS:VALUE,… of the suite {}", printable(value),
                              of.traits().name));
    for (const std::string& each : split(value.substr(colon + 1), ','))
      out[axis].push_back(what->parse(each, "only=" + axis));
  }
  return out;
}

std::string made_table(const page& in, const std::vector<std::string>& asked,
                       const suite_list& suites) {
  const request what = request_of(asked, {"section", "only", "figures"});
  if (what.sets.size() != 1) throw error("a table is of one result set");
  const std::string& set = what.sets.front();
  table found = make_table(in.root / set, suites);
  const std::string section = what.option("section");
  if (!section.empty()) {
    std::erase_if(found.sections, [&](const auto& each) { return each.value != section; });
  }
  const cell_filter only = filter_of(what, *found.of);
  const auto figures = split(what.option("figures"), ',');
  for (table_section& each : found.sections) {
    if (!only.empty()) keep_cells(each, *found.of, only);
    if (!figures.empty()) keep_figures(each, *found.of, figures);
  }
  std::erase_if(found.sections, [](const table_section& each) { return each.cells.empty(); });
  if (found.sections.empty()) throw error(fmt::format("{} has no such cell", printable(set)));
  const std::string constant = constant_line(*found.of, found.constant);
  return fmt::format("{}\n{}{}{}.\n{}", origin_text(in, set, found.environment),
                     found.of->traits().name, constant.empty() ? "" : ": ", constant,
                     to_excerpt(found, !section.empty()));
}

std::string made_decision(const page& in, const std::vector<std::string>& asked,
                          const suite_list& suites) {
  const request what = request_of(asked, {});
  std::string out;
  for (const std::string& set : what.sets) {
    const table found = make_table(in.root / set, suites);
    out += origin_text(in, set, found.environment) + "\n\n";
    for (const decision& each : decisions_of(found))
      out += fmt::format("- {}\n", sentence_of(found, each));
  }
  return out;
}

// What can be written in a matrix, from the descriptors themselves.
std::string made_reference(const std::vector<std::string>& asked, const suite_list& suites) {
  std::string out;
  for (const std::string& name : request_of(asked, {}).sets)
    out += fmt::format("```toml\n{}```\n", matrix_reference(find_suite(suites, name, "the suite")));
  return out;
}

// Of one kind of machine.
struct bench_place {
  std::string machine;
  std::vector<measured_set> sets;
};

std::vector<bench_place> places_of(const page& in, const request& what, const suite_list& suites) {
  std::vector<bench_place> out;
  for (const std::string& set : what.sets) {
    measured_set one = load_measured(in.root / set, suites);
    auto at = std::find_if(out.begin(), out.end(),
                           [&](const bench_place& each) { return each.machine == one.machine(); });
    if (at == out.end()) at = out.insert(at, {one.machine(), {}});
    at->sets.push_back(std::move(one));
  }
  return out;
}

std::string verdict_field(const claim& what, const judgement& found) {
  std::string out(word_for(found.said));
  if (found.figure) out += ": " + figure_text(what, *found.figure);
  if (!found.reason.empty()) out += fmt::format(" ({})", printable(found.reason));
  return out;
}

std::string made_claims(const page& in, const std::vector<std::string>& asked,
                        const suite_list& suites) {
  const request what = request_of(asked, {"of"});
  const auto places = places_of(in, what, suites);
  std::string out;
  for (const bench_place& place : places) {
    for (const measured_set& each : place.sets) {
      const auto set = each.directory.lexically_relative(in.root).generic_string();
      out += fmt::format("- {}\n", origin_text(in, set, each.environment));
    }
  }
  std::vector<text_row> rows{{"claim", "statement", "bound", "published"}};
  for (const bench_place& place : places) rows.front().push_back(printable(place.machine));
  for (const claim& each : load_claims(in.root / "harness" / "claims", suites)) {
    if (!each.name.starts_with(what.option("of"))) continue;
    text_row& row = rows.emplace_back(
        text_row{each.name, each.statement, bound_text(each), published_text(each)});
    for (const bench_place& place : places)
      row.push_back(verdict_field(each, judge_sets(each, place.sets)));
  }
  if (rows.size() == 1) throw error("there is no such claim");
  return fmt::format("{}\n{}", out, aligned(rows, rows.front().size(), column_style::markdown));
}

std::string made(const page& in, const passage& what, const suite_list& suites) {
  try {
    if (what.asked.front() == "table") return made_table(in, what.asked, suites);
    if (what.asked.front() == "claims") return made_claims(in, what.asked, suites);
    if (what.asked.front() == "reference") return made_reference(what.asked, suites);
    if (what.asked.front() == "decision") return made_decision(in, what.asked, suites);
    throw error(fmt::format("{} is no block; table, decision, claims and reference are",
                            printable(what.asked.front())));
  } catch (const error& problem) {
    throw error(fmt::format("{}: {}", place_of(in, what.line - 1), problem.what()));
  }
}

// Where the first line differs; empty: nowhere.
std::string first_difference(const page& in, const passage& has, const std::string& made_text) {
  std::istringstream ours(has.text);
  std::istringstream theirs(made_text);
  for (std::size_t line = has.line;; ++line) {
    std::string one;
    std::string other;
    const bool more = static_cast<bool>(std::getline(ours, one));
    const bool other_more = static_cast<bool>(std::getline(theirs, other));
    if (!more && !other_more) return "";
    if (more == other_more && one == other) continue;
    const auto shown = [](bool there, const std::string& text) {
      return there ? fmt::format("\"{}\"", printable(text)) : std::string("nothing");
    };
    return fmt::format("{}: there is {}, but the result set gives {}", place_of(in, line),
                       shown(more, one), shown(other_more, other));
  }
}

void find_strange_figures(const page& in, const passage& from, const std::set<std::string>& runs,
                          std::vector<std::string>& out) {
  constexpr std::string_view folder = "plots/";
  std::istringstream lines(from.text);
  std::size_t number = from.line;
  for (std::string line; std::getline(lines, line); ++number) {
    const auto image = line.find("![");
    const auto at = image == std::string::npos ? image : line.find(folder, image);
    if (at == std::string::npos) continue;
    const std::string rest = line.substr(at + folder.size());
    const std::string run = rest.substr(0, rest.find('/'));
    if (runs.contains(run)) continue;
    out.push_back(fmt::format("{}: the figure is of {}, of which no table of this page is",
                              place_of(in, number), printable(run)));
  }
}

}  // namespace

std::string made_anew(const page& from, const suite_list& suites) {
  std::string out;
  for (const passage& each : passages_of(from))
    out += each.asked.empty() ? each.text : made(from, each, suites);
  return out;
}

std::vector<std::string> wrong_in(const page& from, const suite_list& suites) {
  std::vector<std::string> out;
  const auto all = passages_of(from);
  std::set<std::string> runs;
  for (const passage& each : all) {
    if (each.asked.empty()) continue;
    for (const std::string& word : each.asked) runs.insert(run_name(word));
    try {
      const auto wrong = first_difference(from, each, made(from, each, suites));
      if (!wrong.empty()) out.push_back(wrong);
    } catch (const error& problem) {
      out.emplace_back(problem.what());
    }
  }
  if (runs.empty()) return out;
  for (const passage& each : all) {
    if (each.asked.empty()) find_strange_figures(from, each, runs, out);
  }
  return out;
}

}  // namespace annulus::harness
