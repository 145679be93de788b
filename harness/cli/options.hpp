// What several commands read from their command line.
#pragma once

#include <annulus/pipeline/error.hpp>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "cli/command.hpp"
#include "cli/standard_streams.hpp"

namespace annulus::cli {

/// Adds `--disks`, comma-separated paths.
void add_disks(CLI::App& command, std::string& disks, const std::string& help);

/// The paths of a comma-separated list. Throws usage_error for an empty one, and for a URL.
std::vector<std::filesystem::path> parse_disks(const std::string& text);

/// A whole number within limits. Throws usage_error.
std::uint64_t parse_count(const std::string& text, std::string_view option, std::uint64_t least,
                          std::uint64_t most);

/// The path that `text` is, of `what` in errors. Throws usage_error for a URL, which would become a
/// directory of that name.
std::filesystem::path local_path(const std::string& text, std::string_view what);

/// Throws what is being handled as usage_error or failure, if it is one of the libraries' errors or
/// the operating system's.
[[noreturn]] void throw_ours();

/// Runs the body of a command, provided that standard output can be written, and turns what the
/// libraries throw into usage_error and failure.
template <class Body>
void reporting(Body body) {
  try {
    require_output();
    body();
  } catch (...) {
    throw_ours();
  }
}

}  // namespace annulus::cli
