// Texts from patterns, as by fmt, which is compiled once: in format.cpp.
#pragma once

#include <fmt/core.h>

#include <string>

namespace annulus::pipeline {

/// As fmt::vformat.
std::string formatted_all(fmt::string_view pattern, fmt::format_args values);

/// As fmt::format. Users of the installed package need no libfmt, yet not each source compiles it.
template <class... Values>
std::string formatted(fmt::format_string<Values...> pattern, Values&&... values) {
  return formatted_all(pattern, fmt::make_format_args(values...));
}

}  // namespace annulus::pipeline
