// annulus table: what a run measured, as a table.
#include "report/table.hpp"

#include <memory>

#include "cli/command.hpp"
#include "cli/support.hpp"
#include "suites/registry.hpp"

namespace annulus::cli {
namespace {

struct table_arguments {
  std::filesystem::path directory;
  bool as_data = false;
  bool with_why = false;
};

}  // namespace

void add_table(CLI::App& app) {
  CLI::App* command = app.add_subcommand("table", "Print a run's results as Markdown");
  const auto from = std::make_shared<table_arguments>();
  command->add_option("directory", from->directory, "A run, results/MACHINE/RUN")->required();
  command->add_flag("--json", from->as_data, "Print JSON");
  command->add_flag("--why", from->with_why, "Say of each cell what bounds it (JSON always does)");
  command->footer("Example:\n  annulus table results/MACHINE/RUN > table.md");
  command->callback([from] {
    reporting([&] {
      const auto found = harness::make_table(from->directory, suites::all_suites());
      if (from->as_data) {
        print_json(to_json(found), 2);
      } else {
        print_text(to_markdown(found, from->with_why));
      }
    });
  });
}

}  // namespace annulus::cli
