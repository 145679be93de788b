// How the pipeline reports what it cannot do. Exceptions end an operation; none is thrown per block
// or frame.
#pragma once

#include <stdexcept>
#include <string>

namespace annulus::pipeline {

/// Whose fault it is.
enum class error_kind {
  bad_argument,  ///< the caller asked for what is not allowed
  failed,        ///< the world (disks, input) did not do its part
  cancelled,     ///< the stop token fired
};

/// One sentence that names the thing, the limit and the value.
class error : public std::runtime_error {
 public:
  error(error_kind kind, const std::string& sentence) : std::runtime_error(sentence), kind_(kind) {}
  [[nodiscard]] error_kind kind() const noexcept { return kind_; }

 private:
  error_kind kind_;
};

}  // namespace annulus::pipeline
