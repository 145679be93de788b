#include "format.hpp"

#include <fmt/format.h>

namespace annulus::pipeline {

std::string formatted_all(fmt::string_view pattern, fmt::format_args values) {
  return fmt::vformat(pattern, values);
}

}  // namespace annulus::pipeline
