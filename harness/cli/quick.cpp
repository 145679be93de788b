// annulus quick: what should stand between a fast producer and this consumer.
#include <fmt/format.h>
#include <unistd.h>

#include <memory>

#include "base/scratch.hpp"
#include "cli/command.hpp"
#include "cli/measuring.hpp"
#include "cli/stop_on_signal.hpp"
#include "report/decision.hpp"
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

It measures harness/matrices/quick.toml, draws plots/RUN/decision.svg, and ends in a sentence for each
consumer. What each cell stores is read back and compared with the input.)";

struct quick_arguments {
  measuring how;
  fs::path plots = checkout() / "plots";
};

// Real bytes that every machine has, if none were given.
harness::run_report measure_quick(const harness::matrix& what, measuring how, int stop_fd) {
  constexpr std::uint64_t most_mib = 128;
  const harness::scratch_directory scratch(how.work / fmt::format("quick-{}", getpid()));
  how.work = scratch.path() / "cells";
  if (how.input.empty()) {
    how.input = scratch.path() / "usr-lib.bin";
    warn(
        fmt::format("collecting up to {} MiB of this machine's own files from /usr/lib", most_mib));
    harness::collect_files("/usr/lib", most_mib << 20U, how.input, stop_fd);
  }
  warn("measuring, about three minutes");
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
  const auto kept = fmt::format("the results are in {}", here(done.directory));
  flush_output(kept);
  const auto figures = harness::plot_run(done.directory, suites::all_suites(), checkout() / "plots",
                                         given.plots, signals.fd());
  print("Results: {}\nFigures: {}\n\n", here(done.directory), here(figures.front().parent_path()));
  for (const auto& each : harness::decisions_of(measured))
    print("{}\n", harness::sentence_of(measured, each));
  flush_output(kept);
  if (const auto problem = problem_of(done); !problem.empty()) throw failure(problem);
}

}  // namespace

void add_quick(CLI::App& app) {
  auto* command = app.add_subcommand(
      "quick",
      "Say what should stand between a fast producer and consumers that are steady, jitter or "
      "are slow");
  const auto given = std::make_shared<quick_arguments>();
  command->add_option("--input", given->how.input,
                      "The file to store; by default up to 128 MiB from /usr/lib");
  command->add_option("--results", given->how.results, "Where the result set is kept")
      ->capture_default_str();
  command->add_option("--plots", given->plots, "Where the figures are drawn")
      ->capture_default_str();
  add_measuring(*command, given->how);
  command->footer(quick_examples);
  command->callback([given] { reporting([&] { run(*given); }); });
}

}  // namespace annulus::cli
