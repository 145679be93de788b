#pragma once

#include <annulus/chunklog/error.hpp>
#include <sstream>
#include <string>

namespace annulus::chunklog {

/// The parts, one behind the other.
template <class... Parts>
std::string sentence(const Parts&... parts) {
  std::ostringstream out;
  (out << ... << parts);
  return std::move(out).str();
}

/// A failure with its sentence; what the file system says of it follows the sentence.
template <class... Parts>
status failure(std::error_code error, const Parts&... parts) {
  const bool ours = (error.category() == log_category() && error != errc::not_a_file) ||
                    error.category() == ring_category();
  return {error, ours ? sentence(parts...) : sentence(parts..., ": ", error.message())};
}

}  // namespace annulus::chunklog
