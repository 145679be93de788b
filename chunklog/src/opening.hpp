// What opening a log for writing does, whoever will write.
#pragma once

#include <annulus/chunklog/options.hpp>
#include <filesystem>
#include <optional>

#include "directory.hpp"
#include "recovery.hpp"

namespace annulus::chunklog {

/// A log that is locked, and whose end is known.
struct opened_files : status {
  std::optional<log_directory> directory{};  ///< set unless `error` is
  unique_fd lock{};
  recovered ready{};
};

/// Creates the directory, and the log in it, if there is none.
opened_files open_files(const std::filesystem::path& path, const options& how);
/// In an open directory, with a descriptor of its own.
opened_files open_files(int directory, const std::filesystem::path& path, const options& how);

/// The options as they count, each within the bounds that its own description gives.
options bounded(options how);

}  // namespace annulus::chunklog
