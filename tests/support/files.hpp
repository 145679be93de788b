// Files as strings.
#pragma once

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>

namespace annulus::support {

/// The bytes of a file; none if it cannot be read. The library copies them: an iterator of a stream
/// is several calls for each byte where code is not optimised, minutes for the sanitized tests.
inline std::string slurp(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return std::move(bytes).str();
}

}  // namespace annulus::support
