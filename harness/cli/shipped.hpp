// Commands that are thin fronts of shipped matrices.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/command.hpp"

namespace annulus::cli {

/// A command that measures a shipped matrix and prints its table.
struct front {
  struct option {
    std::string flag;  ///< "--shape"
    std::string axis;  ///< whose values it replaces
    std::string help;
  };
  std::string name;
  std::string description;
  std::string matrix;  ///< "rings"
  std::string suite;   ///< which a build may lack
  std::vector<option> options;
  std::string examples;
};

/// Throws failure, with how to get one, if this build lacks the suite.
void require_suite(std::string_view suite);

/// Adds the command, with an option for each of these axes, and --json, --out and --save.
void add_front(CLI::App& to, front what);

}  // namespace annulus::cli
