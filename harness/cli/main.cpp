// annulus: the command.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <annulus/core/copy.hpp>
#include <annulus/pipeline/escaped.hpp>
#include <cstdlib>
#include <string>

#include "cli/command.hpp"
#include "cli/exit_status.hpp"

namespace {

constexpr auto version = "annulus " ANNULUS_VERSION;

constexpr auto main_examples = R"(Examples:
  annulus quick                             all rings through the whole pipeline, with a table and plots
  annulus variants                          what rings there are
  annulus run --list                        what can be measured by name
  annulus advise --message 4KiB --rate 200MB/s --stall 4ms/40ms   which ring to take, and how large
  annulus bench rings                       the rings alone, beside packaged queues
  annulus put big.iso --disks d0,d1,d2,d3,d4,d5 --data 4 --parity 2
  annulus get big.iso --disks d0,d1,d2,d3,d4,d5 -o copy.iso
  annulus COMMAND --help                    options and examples of one command

Exit status: 0 success, 1 failure, 2 wrong usage, 3 `compare` found the second to be worse, or `advise --hold-back` bad
advice; that standard output cannot be written is a failure.
Names are shown, also in JSON, with bytes that are no UTF-8 and control characters as \xNN and a backslash
as \\.)";

// CLI11 only says that a subcommand is missing.
void refuse_unknown_command(const CLI::App& app, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return;
  std::string known;
  for (const auto* command : app.get_subcommands({})) {
    if (command->check_name(argv[1])) return;
    if (!command->get_group().empty()) known += (known.empty() ? "" : ", ") + command->get_name();
  }
  throw annulus::cli::usage_error(fmt::format("there is no command '{}'; the commands are {}",
                                              annulus::pipeline::escaped(std::string_view(argv[1])),
                                              known));
}

// The rings take no notice of a word that they do not know, since a library says nothing.
void refuse_unknown_copies() {
  const char* const given = std::getenv("ANNULUS_COPY");
  if (given == nullptr || annulus::parse_copy_pair(given)) return;
  throw annulus::cli::usage_error(
      fmt::format("ANNULUS_COPY must be one of {}, or two of them as in:out, but is '{}'",
                  fmt::join(annulus::copy_strategy_names, ", "),
                  annulus::pipeline::escaped(std::string_view(given))));
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "Annulus: what should stand between a fast producer of bytes and a slower, jittery consumer?",
      "annulus");
  app.footer(main_examples);
  app.set_version_flag("--version", version, "Print the version and exit");
  app.require_subcommand(1);
  using namespace annulus::cli;
  for (const auto add : {add_quick, add_variants, add_put, add_get, add_verify, add_heal, add_log,
                         add_topo, add_run, add_table, add_plot, add_export, add_compare,
                         add_reproduce, add_advise, add_bench, add_cell}) {
    add(app);
  }
  return exit_status(app, [&] {
    refuse_unknown_command(app, argc, argv);
    refuse_unknown_copies();
    app.parse(argc, argv);
  });
}
