// What several commands read from their command line.
#pragma once

#include <annulus/pipeline/error.hpp>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "command.hpp"
#include "error.hpp"

namespace annulus::cli {

/// Adds `--disks`, comma-separated paths.
void add_disks(CLI::App& command, std::string& disks, const std::string& help);

/// The paths of a comma-separated list. Throws usage_error for an empty one.
std::vector<std::filesystem::path> parse_disks(const std::string& text);

/// A whole number within limits. Throws usage_error.
std::uint64_t parse_count(const std::string& text, std::string_view option, std::uint64_t least,
                          std::uint64_t most);

/// Runs the body of a command and turns what the libraries throw into usage_error and failure.
template <class Body>
void reporting(Body body) {
  try {
    body();
  } catch (const pipeline::error& problem) {
    if (problem.kind() == pipeline::error_kind::bad_argument) throw usage_error(problem.what());
    throw failure(problem.what());
  } catch (const harness::bad_input& problem) {
    throw usage_error(problem.what());
  } catch (const harness::error& problem) {
    throw failure(problem.what());
  } catch (const std::system_error& problem) {
    throw failure(problem.what());
  }
}

}  // namespace annulus::cli
