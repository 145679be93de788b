// annulus export: what a run measured, for other programs.
#include "report/export.hpp"

#include <fmt/format.h>

#include <memory>

#include "cli/command.hpp"
#include "cli/output_file.hpp"
#include "cli/support.hpp"
#include "report/measured.hpp"
#include "suites/registry.hpp"

namespace annulus::cli {
namespace {

struct export_arguments {
  std::filesystem::path directory;
  std::filesystem::path out = "-";
};

void write(const export_arguments& given) {
  const auto from = harness::load_measured(given.directory, suites::all_suites());
  const std::string text = harness::to_csv(from.of(), from.samples);
  if (given.out == "-") return print_text(text);
  output_file out(given.out);
  if (const auto problem = out.write(std::as_bytes(std::span(text))))
    refuse_output(given.out, problem.message() + out.left_behind());
  out.commit();
}

}  // namespace

void add_export(CLI::App& app) {
  CLI::App* command = app.add_subcommand("export", "Write a run's samples as CSV, a row for each");
  const auto given = std::make_shared<export_arguments>();
  command->add_option("directory", given->directory, "A run, results/MACHINE/RUN")->required();
  command->add_option("--out", given->out, "Write there instead of standard output")
      ->type_name("FILE");
  command->footer(
      R"(Columns: the axes, the metrics with their unit, and of each sample: its cell and role (ring, peer, roof),
repetition, state (measured, failed, skipped), whether what arrived was verified, whether it was measured in
bad company and why, CPUs, start and, without a result, the reason. Sizes are in bytes.

Example:
  annulus export results/MACHINE/RUN --out samples.csv)");
  command->callback([given] { reporting([&] { write(*given); }); });
}

}  // namespace annulus::cli
