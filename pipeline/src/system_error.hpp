// errno as an error code.
#pragma once

#include <cerrno>
#include <system_error>

namespace annulus::pipeline {

inline std::error_code last_error() noexcept {
  return {errno, std::generic_category()};
}

}  // namespace annulus::pipeline
