// What the commands that measure and report have in common.
#pragma once

#include <annulus/pipeline/escaped.hpp>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "cli/command.hpp"
#include "cli/options.hpp"
#include "cli/standard_streams.hpp"

namespace annulus::cli {

/// The checkout that this was started from (the `annulus` script says where), or the current
/// directory.
inline std::filesystem::path checkout() {
  const char* root = std::getenv("ANNULUS_ROOT");
  return root != nullptr ? std::filesystem::path(root) : std::filesystem::current_path();
}

/// Where cells put their files unless told otherwise: a disk rather than a tmpfs where possible.
inline std::filesystem::path default_work() {
  return std::getenv("ANNULUS_ROOT") != nullptr ? checkout() / "build" / "work"
                                                : std::filesystem::temp_directory_path();
}

/// `path` as one types it here, and as it can be shown.
inline std::string here(const std::filesystem::path& path) {
  return pipeline::escaped(std::filesystem::proximate(path));
}

}  // namespace annulus::cli
