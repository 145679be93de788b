// annulus quick: the whole of it in a few minutes.
#include <fmt/format.h>
#include <unistd.h>

#include <memory>

#include "base/scratch.hpp"
#include "cli/command.hpp"
#include "cli/measuring.hpp"
#include "cli/stop_on_signal.hpp"
#include "report/plot.hpp"
#include "report/table.hpp"
#include "suites/pipeline/library_input.hpp"
#include "suites/registry.hpp"

namespace annulus::cli {
namespace {

namespace fs = std::filesystem;

constexpr auto quick_examples = R"(Examples:
  annulus quick
  annulus quick --input big.iso
  annulus quick --repetitions 12           narrower intervals

It measures harness/matrices/quick.toml: what each cell stores is read back and compared with the input.)";

constexpr auto next_steps = R"(
Next:
  ./annulus run --reference pipeline            to begin a matrix of your own: ring sizes, placements, …
  ./annulus table {0}
  ./annulus topo                                which producer/consumer placements this machine has
)";

struct quick_arguments {
  measuring how;
  fs::path plots = checkout() / "plots";
};

// Real bytes that every machine has, if none were given.
harness::run_report measure_quick(const harness::matrix& what, measuring how, int stop_fd) {
  constexpr std::uint64_t most_bytes = std::uint64_t{256} << 20U;
  const harness::scratch_directory scratch(how.work / fmt::format("quick-{}", getpid()));
  how.work = scratch.path() / "cells";
  if (how.input.empty()) {
    how.input = scratch.path() / "usr-lib.bin";
    warn("collecting up to 256 MiB of this machine's own files from /usr/lib");
    harness::collect_files("/usr/lib", most_bytes, how.input, stop_fd);
  }
  warn("measuring, about two minutes for 256 MiB");
  return measure(what, how, stop_fd);
}

void run(const quick_arguments& given) {
  const auto what = load_named("quick", given.how);
  check_directories(given.how);
  local_path(given.plots.string(), "directory");
  harness::check_plotting(given.plots);
  const stop_on_signal signals;
  const auto done = measure_quick(what, given.how, signals.fd());
  if (done.interrupted) {
    throw failure(given.how.input.empty()
                      ? fmt::format("interrupted after {} of {} turns; the finished ones are in {}",
                                    done.finished, done.total, here(done.directory))
                      : interrupted_text(done, given.how));
  }
  const auto measured = harness::make_table(done.directory, suites::all_suites());
  print_text(to_markdown(measured) + '\n');
  for (const auto& section : measured.sections) {
    if (section.best) {
      print("Winner for {}: {}\n", section.value, winner_text(*section.best));
    } else {
      print("No winner for {}: no sample was verified in good company\n", section.value);
    }
  }
  const auto kept = fmt::format("the results are in {}", here(done.directory));
  flush_output(kept);
  const auto figures = harness::plot_run(done.directory, suites::all_suites(), checkout() / "plots",
                                         given.plots, signals.fd());
  print("\nPlots:  {}\n", here(figures.front().parent_path()));
  print(next_steps, here(done.directory));
  flush_output(kept);
  if (const auto problem = problem_of(done); !problem.empty()) throw failure(problem);
}

}  // namespace

void add_quick(CLI::App& app) {
  auto* command =
      app.add_subcommand("quick", "Measure all rings through the whole pipeline and print a table");
  const auto given = std::make_shared<quick_arguments>();
  command->add_option("--input", given->how.input,
                      "The file to store; by default up to 256 MiB from /usr/lib");
  command->add_option("--results", given->how.results, "Where the result set is kept")
      ->capture_default_str();
  command->add_option("--plots", given->plots, "Where the figures are drawn")
      ->capture_default_str();
  add_measuring(*command, given->how);
  command->footer(quick_examples);
  command->callback([given] { reporting([&] { run(*given); }); });
}

}  // namespace annulus::cli
