// What a JSON text may be before a parser sees it.
#pragma once

#include <string_view>

namespace annulus::pipeline {

/// Whether brackets and braces nest deeper than `most`, those in strings not counted. Parsers
/// build, print and free what is nested by recursion, so that a few hundred thousand brackets are a
/// stack overflow. O(text), thread-safe.
constexpr bool nests_deeper(std::string_view json, unsigned most) noexcept {
  unsigned depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > most) return true;
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return false;
}

}  // namespace annulus::pipeline
