// What a command measures: its shapes, its sizes and how they are judged.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "run.hpp"
#include "shapes.hpp"
#include "verdicts.hpp"

namespace annulus::bench {

/// The two differ in these alone.
struct suite {
  std::string name;  ///< of the subcommand, and of what it saves
  std::string description;
  std::string examples;
  std::string shape_help;
  std::string channel_option;
  std::string channel_help;
  std::string size_option;
  std::string size_help;
  std::string size_key;            ///< in JSON
  std::vector<std::string> sizes;  ///< unless told otherwise
  std::uint64_t least_size = 0;
  std::uint64_t most_size = 0;
  std::size_t judged_size = 0;  ///< that the verdicts are stated for
  const std::vector<shape_info>& shapes;
  std::vector<verdict> (*judge)(std::span<const cell>) = nullptr;
  std::string note;     ///< sentences below the tables
  std::string checked;  ///< what became of the payload: "went through …"
};

const suite& rings_suite();
const suite& pipelines_suite();

/// What a command may measure.
struct offer {
  const suite& what;
  std::vector<contender> contenders;
};

}  // namespace annulus::bench
