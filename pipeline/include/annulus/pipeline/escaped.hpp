// Names of files as text that any terminal and any JSON reader can take.
#pragma once

#include <concepts>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace annulus::pipeline {

/// `bytes` as printable UTF-8: a backslash becomes `\\`; a control character (U+0000 to U+001F,
/// U+007F to U+009F), a line or paragraph separator, a mark that changes the direction of text, and
/// each byte that is no UTF-8 becomes `\xNN`, byte by byte. So no name can forge a line of output
/// or reach a terminal as a command, and every name is valid in JSON. O(bytes), thread-safe.
std::string escaped(std::string_view bytes);
/// The same of a path, but of nothing that could become one.
template <std::same_as<std::filesystem::path> Path>
std::string escaped(const Path& path) {
  return escaped(std::string_view(path.native()));
}

/// The bytes of an escaped text; none if `escaped` gives no such text. O(bytes), thread-safe.
std::optional<std::string> unescaped(std::string_view text);

}  // namespace annulus::pipeline
