// What the commands share: how they report bad input, and where each adds itself.
#pragma once

#include <CLI/CLI.hpp>
#include <stdexcept>

namespace annulus::cli {

/// A mistake in how the command was called: one sentence, exit status 2.
struct usage_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};
/// The command was called well and failed: one sentence, exit status 1.
struct failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};
/// What was asked for is there, and it is bad: one sentence, exit status 3.
struct bad_verdict : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Each adds its subcommand to `app`; the subcommand's callback does the work and throws the errors
/// above.
void add_variants(CLI::App& app);
void add_put(CLI::App& app);
void add_get(CLI::App& app);
void add_verify(CLI::App& app);
void add_heal(CLI::App& app);
void add_log(CLI::App& app);
void add_topo(CLI::App& app);
void add_run(CLI::App& app);
void add_table(CLI::App& app);
void add_plot(CLI::App& app);
void add_quick(CLI::App& app);
void add_bench(CLI::App& app);  // after add_log, which it adds to
void add_export(CLI::App& app);
void add_compare(CLI::App& app);
void add_reproduce(CLI::App& app);
void add_advise(CLI::App& app);
void add_cell(CLI::App& app);

}  // namespace annulus::cli
