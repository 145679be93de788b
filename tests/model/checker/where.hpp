// The line of code that an operation stands in.
#pragma once

namespace annulus::model {

/// std::source_location, which clang 14 does not have. As a default argument, that of the caller.
struct where {
  const char* file;
  unsigned line;

  static constexpr where current(const char* file = __builtin_FILE(),
                                 unsigned line = __builtin_LINE()) noexcept {
    return {file, line};
  }
};

}  // namespace annulus::model
