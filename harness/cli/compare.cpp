// annulus compare: whether one build is worse than another.
#include "report/compare.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>

#include "base/sizes.hpp"
#include "cli/command.hpp"
#include "cli/measuring.hpp"
#include "cli/progress_bar.hpp"
#include "cli/stop_on_signal.hpp"
#include "measure/builds.hpp"
#include "suites/registry.hpp"

namespace annulus::cli {
namespace {

namespace fs = std::filesystem;
using harness::json;

constexpr auto compare_footer =
    R"(Of each cell it takes the figure by which the suite judges it, and says by what ratio the second differs, with
a 95 % interval. The second is worse if in some cell three things agree: the ratio is beyond the gate, the
interval does not hold 1, and the test of Mann and Whitney, corrected for the number of cells by Holm's
method, gives 5 % at most. Then the exit status is 3. Samples in bad company are left out, and of cells with
fewer than 6 samples nothing is said. Where roofs or packaged queues were measured by turns with a cell, it
has to be worse beside the one beside which it varies least: else the machine was in another state, which is
said, and is no verdict on the build. Runs of a few seconds see one state of the machine each; --builds measures
both builds in every one.

Examples:
  annulus compare results/MACHINE/BEFORE results/MACHINE/AFTER
  annulus compare results/MACHINE/RUN results/OTHER/RUN --across
  annulus compare --builds ../before/build/release build/release --matrix quick   interleaved: sees less)";

struct compare_arguments {
  std::vector<fs::path> sides;
  bool builds = false;
  bool across = false;
  bool as_data = false;
  std::string gate = "5%";
  std::string matrix = "quick";
  int rounds = 12;
  measuring how;
};

double parse_gate(const std::string& text) {
  const auto part = harness::parse_percent(text);
  if (!part || *part >= 1)
    throw usage_error(fmt::format("--gate must be a percentage below 100 %, such as 5%, not '{}'",
                                  printable(text)));
  return *part;
}

void report(const compare_arguments& given, const harness::comparison& found,
            const std::array<json, 2>& sides, const std::array<std::string, 2>& names,
            const std::vector<std::string>& across) {
  if (given.as_data) {
    print_json(harness::to_json(found, sides, across), 2);
  } else {
    print_text(harness::to_text(found, names, across));
  }
  flush_output("the comparison was made");
  if (found.count(harness::finding::worse) > 0) throw bad_verdict(harness::verdict_text(found));
}

void compare_sets(const compare_arguments& given, double gate) {
  const auto& all = suites::all_suites();
  const std::array sets{harness::load_measured(given.sides[0], all),
                        harness::load_measured(given.sides[1], all)};
  const auto across = harness::differences(sets[0], sets[1]);
  if (!across.empty() && !given.across) {
    throw usage_error(
        fmt::format("{} and {} differ in more than their builds, which takes --across: {}",
                    here(given.sides[0]), here(given.sides[1]), fmt::join(across, "; ")));
  }
  std::array<json, 2> sides;
  std::array<std::string, 2> names;
  for (std::size_t at = 0; at < sets.size(); ++at) {
    const auto& set = sets.at(at);
    sides.at(at) = {{"directory", here(set.directory)},
                    {"machine", set.machine()},
                    {"revision", set.revision()}};
    names.at(at) = fmt::format("{}, of {}, on {}", here(set.directory), set.revision(),
                               printable(set.machine()));
  }
  auto found = harness::compare_cells(sets[0].of(), sets[0].cells, sets[1].cells, gate,
                                      harness::pairing::none);
  found.seconds = std::min(seconds_of(sets[0]), seconds_of(sets[1]));
  report(given, found, sides, names, across);
}

harness::builds_report measure_builds(const compare_arguments& given, const harness::matrix& what) {
  harness::builds_options options;
  options.builds = {harness::command_of(given.sides[0]), harness::command_of(given.sides[1])};
  options.rounds = given.rounds;
  options.input = given.how.input;
  options.work = given.how.work;
  const stop_on_signal signals;
  options.stop_fd = signals.fd();
  const live_line line;
  options.progress = [&line](const harness::run_progress& at) { line.show(progress_line(at)); };
  return run_builds(what, options);
}

void compare_builds(const compare_arguments& given, double gate) {
  local_path(given.how.work.string(), "directory");
  const auto what = load_named(given.matrix, given.how);
  const auto measured = measure_builds(given, what);
  const auto found =
      harness::compare_cells(*what.of, by_cell(measured.samples[0]), by_cell(measured.samples[1]),
                             gate, harness::pairing::by_round);
  if (measured.interrupted) warn("interrupted: this is what the rounds so far say");
  const std::array names{here(given.sides[0]), here(given.sides[1])};
  report(given, found, {json{{"build", names[0]}}, json{{"build", names[1]}}}, names, {});
}

void compare(const compare_arguments& given) {
  const double gate = parse_gate(given.gate);
  if (given.builds) {
    compare_builds(given, gate);
  } else {
    compare_sets(given, gate);
  }
}

}  // namespace

void add_compare(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "compare", "Say whether the second of two result sets, or of two builds, is worse");
  const auto given = std::make_shared<compare_arguments>();
  command
      ->add_option("sides", given->sides,
                   "Two runs, results/MACHINE/RUN; with --builds two build directories")
      ->required()
      ->expected(2);
  command->add_option("--gate", given->gate, "What is no difference worth mention")
      ->type_name("PERCENT")
      ->capture_default_str();
  auto* across = command->add_flag(
      "--across", given->across, "Compare what is of different machines, matrices or inputs, too");
  command->add_flag("--json", given->as_data, "Print JSON");
  auto* builds =
      command->add_flag("--builds", given->builds,
                        "Measure two builds in rounds: both, in random order, on every cell");
  builds->excludes(across);
  command
      ->add_option("--matrix", given->matrix, "With --builds: a shipped matrix, or the path of one")
      ->needs(builds)
      ->capture_default_str();
  command
      ->add_option("--set", given->how.sets,
                   "With --builds: the values of an axis; may be repeated")
      ->needs(builds)
      ->type_name("AXIS=VALUE,…")
      ->allow_extra_args(false);
  command->add_option("--rounds", given->rounds, "With --builds")
      ->needs(builds)
      ->check(CLI::Range(1, harness::most_repetitions))
      ->capture_default_str();
  command->add_option("--input", given->how.input, "With --builds: the file that cells read")
      ->needs(builds);
  command->add_option("--work", given->how.work, "With --builds: where cells put their files")
      ->needs(builds)
      ->capture_default_str();
  command->footer(compare_footer);
  command->callback([given] { reporting([&] { compare(*given); }); });
}

}  // namespace annulus::cli
