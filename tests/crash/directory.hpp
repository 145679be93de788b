// Real directories with the content of a model's.
#pragma once

#include <filesystem>

#include "disk.hpp"

namespace annulus::crash {

/// A directory in memory, where there is such a file system, that is gone with this.
class scratch {
 public:
  /// Throws std::system_error.
  scratch();
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;
  ~scratch();
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

/// Makes `directory` hold just these files. Throws std::system_error.
void materialise(const image& content, const std::filesystem::path& directory);
/// All files of a directory. Throws std::system_error.
image contents_of(const std::filesystem::path& directory);

}  // namespace annulus::crash
