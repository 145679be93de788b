// One cell of a matrix, in a process of its own: `annulus run` starts it.
#include "measure/cell.hpp"

#include <unistd.h>

#include "base/bounded_file.hpp"
#include "cli/command.hpp"
#include "cli/options.hpp"
#include "cli/standard_streams.hpp"
#include "suites/registry.hpp"

namespace annulus::cli {
namespace {

void run() {
  constexpr std::uint64_t most_bytes = std::uint64_t{1} << 20U;
  const auto described = harness::parse_bounded(
      harness::read_bounded(STDIN_FILENO, most_bytes, "the cell's description"));
  if (described.is_discarded()) throw usage_error("the cell's description is not valid JSON");
  print_json(
      to_json(harness::run_cell(suites::all_suites(), harness::request_from_json(described))));
}

}  // namespace

void add_cell(CLI::App& app) {
  auto* command = app.add_subcommand("cell", "Run one cell, described as JSON on standard input");
  command->group("");  // not for people: `annulus run` calls it
  command->callback([] { reporting([] { run(); }); });
}

}  // namespace annulus::cli
