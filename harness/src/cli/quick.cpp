// annulus quick: the whole of it in two minutes.
#include <fmt/format.h>

#include <memory>
#include <utility>

#include "command.hpp"
#include "library_input.hpp"
#include "plot.hpp"
#include "result_set.hpp"
#include "runner.hpp"
#include "scratch.hpp"
#include "stop_on_signal.hpp"
#include "support.hpp"
#include "table.hpp"

namespace annulus::cli {
namespace {

namespace fs = std::filesystem;

constexpr auto quick_examples = R"(Examples:
  annulus quick
  annulus quick --input big.iso
  annulus quick --repetitions 9            narrower intervals

It measures harness/matrices/quick.toml: what each cell stores is read back and compared with the input.)";

constexpr auto next_steps = R"(
Next:
  ./annulus run harness/matrices/example.toml   your own matrix: ring sizes, placements, in-place encoding
  ./annulus table {0}
  ./annulus topo                                which producer/consumer placements this machine has
)";

struct quick_arguments {
  fs::path input;
  fs::path work = default_work();
  fs::path results = checkout() / "results";
  fs::path plots = checkout() / "plots";
  int repetitions = 0;
};

constexpr std::uint64_t input_bytes = std::uint64_t{256} << 20;

// "a, b, c and 4 more"
std::string listed(const std::vector<std::string>& names) {
  constexpr std::size_t most = 3;
  if (names.size() <= most) return fmt::format("{}", fmt::join(names, ", "));
  return fmt::format("{} and {} more", fmt::join(names.begin(), names.begin() + most, ", "),
                     names.size() - most);
}

void print_winners(const harness::table& measured) {
  print("\n");
  for (const auto& best : measured.best) {
    const auto ties = best.ties.empty()
                          ? std::string()
                          : ", but the intervals do not tell it from " + listed(best.ties);
    print("Winner for {}: {} with {:.0f} MB/s{}\n", best.sink, best.label, best.throughput.median,
          ties);
  }
}

// Throws for what would only be missing after the measurement.
void check_outputs(const quick_arguments& given) {
  for (const auto& path : {given.work, given.results, given.plots}) {
    local_path(path.string(), "directory");
    harness::prepare_directory(path);
  }
  harness::check_plotting(given.plots);
}

harness::run_report measure(const quick_arguments& given, const stop_on_signal& signals,
                            harness::build_info build) {
  auto what = harness::load_matrix(checkout() / "harness/matrices/quick.toml", ring_names());
  if (given.repetitions > 0) what.repetitions = given.repetitions;
  const harness::scratch_directory scratch(given.work / fmt::format("quick-{}", getpid()));
  harness::run_options how;
  how.results = given.results;
  how.self = fs::read_symlink("/proc/self/exe");
  how.input = given.input;
  how.work = scratch.path() / "cells";
  how.build = std::move(build);
  how.stop_fd = signals.fd();
  if (how.input.empty()) {
    how.input = scratch.path() / "usr-lib.bin";
    warn("collecting up to 256 MiB of this machine's own files from /usr/lib");
    harness::collect_files("/usr/lib", input_bytes, how.input, how.stop_fd);
  }
  warn("measuring, about two minutes for 256 MiB");
  const live_line line;
  how.progress = [&line](const harness::run_progress& at) {
    line.show(harness::progress_line(at));
  };
  return harness::run(what, how);
}

void run(const quick_arguments& given) {
  check_outputs(given);
  auto build = harness::this_build(checkout());
  const stop_on_signal signals;
  const auto done = measure(given, signals, std::move(build));
  if (done.interrupted) {
    throw failure(fmt::format("interrupted after {} of {} turns; the finished ones are in {}",
                              done.finished, done.total, here(done.directory)));
  }
  const auto measured = harness::make_table(done.directory);
  print_text(harness::to_markdown(measured));
  print_winners(measured);
  const auto kept = fmt::format("the results are in {}", here(done.directory));
  flush_output(kept);
  const auto figures =
      harness::plot_run(done.directory, checkout() / "plots", given.plots, signals.fd());
  print("\nPlots:  {}\n", here(figures.front().parent_path()));
  print(next_steps, here(done.directory));
  flush_output(kept);
  if (done.failed > 0)
    throw failure(
        fmt::format("{} of {} turns failed; the table says why", done.failed, done.total));
  for (const auto& section : measured.sections) {
    for (const auto& row : section.rows) {
      if (!row.metrics.verified)
        throw failure("what some cells stored is not what they were given; the table says which");
    }
  }
}

}  // namespace

void add_quick(CLI::App& app) {
  auto* command =
      app.add_subcommand("quick", "Measure all rings through the whole pipeline and print a table");
  const auto given = std::make_shared<quick_arguments>();
  command->add_option("--input", given->input,
                      "The file to store; by default up to 256 MiB from /usr/lib");
  command->add_option("--repetitions", given->repetitions, "Instead of the matrix's")
      ->check(CLI::Range(1, 1000));
  command->add_option("--work", given->work, "Where shards are stored meanwhile")
      ->capture_default_str();
  command->add_option("--results", given->results, "Where the result set is kept")
      ->capture_default_str();
  command->add_option("--plots", given->plots, "Where the figures are drawn")
      ->capture_default_str();
  command->footer(quick_examples);
  command->callback([given] { reporting([&] { run(*given); }); });
}

}  // namespace annulus::cli
