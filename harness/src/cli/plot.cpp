// annulus plot: what a run measured, as figures.
#include "plot.hpp"

#include <fmt/format.h>

#include <memory>

#include "command.hpp"
#include "json.hpp"
#include "support.hpp"

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
      harness::json drawn = harness::json::array();
      for (const auto& figure :
           harness::plot_run(from->directory, checkout() / "plots", from->out)) {
        if (!from->as_data) fmt::print("{}\n", here(figure));
        drawn.push_back(here(figure));
      }
      if (from->as_data) fmt::print("{}\n", drawn.dump(2));
    });
  });
}

}  // namespace annulus::cli
