#include "base/paths.hpp"

#include <cctype>

namespace annulus::harness {
namespace {

bool in_path(char letter) {
  return std::isalnum(static_cast<unsigned char>(letter)) != 0 ||
         std::string_view("/._-+~@%").find(letter) != std::string_view::npos;
}

}  // namespace

std::string without_paths(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const bool starts = text[at] == '/' && (at == 0 || !in_path(text[at - 1])) &&
                        at + 1 < text.size() && text[at + 1] != '/' && in_path(text[at + 1]);
    if (!starts) {
      out += text[at++];
      continue;
    }
    std::size_t end = at;
    while (end < text.size() && in_path(text[end])) ++end;
    std::string_view path = text.substr(at, end - at);
    while (path.ends_with('/')) path.remove_suffix(1);
    out += path.substr(path.rfind('/') + 1);
    at = end;
  }
  return out;
}

}  // namespace annulus::harness
