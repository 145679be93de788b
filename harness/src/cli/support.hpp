// What the commands that measure and report have in common.
#pragma once

#include <fmt/format.h>
#include <unistd.h>

#include <annulus/all.hpp>
#include <annulus/pipeline/escaped.hpp>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "command.hpp"
#include "options.hpp"
#include "standard_streams.hpp"

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

inline std::vector<std::string_view> ring_names() {
  std::vector<std::string_view> names;
  names.reserve(all_rings::infos.size());
  for (const auto& info : all_rings::infos) names.push_back(info.name);
  return names;
}

/// One line on standard error that replaces itself; nothing if that is no terminal.
class live_line {
 public:
  live_line() = default;
  ~live_line() { show(""); }
  live_line(const live_line&) = delete;
  live_line& operator=(const live_line&) = delete;

  void show(std::string_view text) const {
    if (terminal_) draw(fmt::format("\r\033[K{}", printable(text)));
  }

 private:
  bool terminal_ = isatty(STDERR_FILENO) == 1;
};

}  // namespace annulus::cli
