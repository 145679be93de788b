// annulus log: the tools for chunk logs.
#include "cli/log_command.hpp"

namespace annulus::cli {

void add_log(CLI::App& app) {
  auto* log = app.add_subcommand("log", "Tools for chunk logs");
  log->require_subcommand(1);
  for (const auto add : {add_log_inspect, add_log_verify, add_log_repair, add_log_tail}) add(*log);
  log->footer(R"(Examples:
  annulus log inspect d0/big.iso              what it holds
  annulus log verify d0/big.iso               whether all of it is whole
  annulus log repair queue --to mended        everything that is whole, in a log of its own
  annulus log tail queue --follow             records, as they are appended

Exit status: 0 whole or done, 1 faults or failure, 2 wrong usage.)");
}

}  // namespace annulus::cli
