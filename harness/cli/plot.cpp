// annulus plot: what a run measured, as figures.
#include "report/plot.hpp"

#include <fmt/format.h>

#include <memory>

#include "base/json.hpp"
#include "cli/command.hpp"
#include "cli/stop_on_signal.hpp"
#include "cli/support.hpp"
#include "suites/registry.hpp"

namespace annulus::cli {
namespace {

struct plot_arguments {
  std::filesystem::path directory;
  std::filesystem::path out = checkout() / "plots";
  bool as_data = false;
};

}  // namespace

void add_plot(CLI::App& app) {
  CLI::App* command = app.add_subcommand("plot", "Draw a run's figures as SVG and PNG");
  const auto from = std::make_shared<plot_arguments>();
  command->add_option("directory", from->directory, "A run, results/MACHINE/RUN")->required();
  command->add_option("--out", from->out, "Where the run's figures get a directory")
      ->capture_default_str();
  command->add_flag("--json", from->as_data, "Print the figures' paths as JSON");
  command->footer("Example:\n  annulus plot results/MACHINE/RUN --out plots");
  command->callback([from] {
    reporting([&] {
      local_path(from->out.string(), "--out");
      harness::check_plotting(from->out);
      const stop_on_signal signals;
      harness::json drawn = harness::json::array();
      for (const auto& figure : harness::plot_run(from->directory, suites::all_suites(),
                                                  checkout() / "plots", from->out, signals.fd())) {
        if (!from->as_data) print("{}\n", here(figure));
        drawn.push_back(here(figure));
      }
      if (from->as_data) print_json(drawn, 2);
      flush_output("the figures were drawn");
    });
  });
}

}  // namespace annulus::cli
