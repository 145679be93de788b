// How a program of commands ends.
#pragma once

#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <exception>

#include "command.hpp"

namespace annulus::cli {

/// Runs `parse`, which has `app` parse the arguments and thereby do the work. Returns what main
/// should: 0; or, after one sentence on standard error, 2 for wrong usage and 1 for a failure.
template <class Parse>
int exit_status(const CLI::App& app, Parse parse) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed output is an error like any other
  const auto report = [](const std::exception& problem, int status) {
    fmt::print(stderr, "annulus: {}\n", problem.what());
    return status;
  };
  try {
    parse();
    return 0;
  } catch (const CLI::Success& asked) {
    return app.exit(asked);  // --help
  } catch (const CLI::ParseError& wrong) {
    return report(wrong, 2);
  } catch (const usage_error& wrong) {
    return report(wrong, 2);
  } catch (const std::exception& problem) {
    return report(problem, 1);
  }
}

}  // namespace annulus::cli
