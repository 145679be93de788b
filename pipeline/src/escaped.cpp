#include <annulus/pipeline/escaped.hpp>
#include <cstddef>
#include <cstdint>

#include "format.hpp"

namespace annulus::pipeline {
namespace {

struct code_point {
  std::size_t bytes = 0;  // 0: what lies there is no UTF-8
  std::uint32_t value = 0;
};

// The shortest form of a code point that is no surrogate, at the front of `text`.
code_point first_of(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) return {1, lead};
  const std::size_t n = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < n) return {};
  auto value = static_cast<std::uint32_t>(lead) & (0xFFU >> (n + 1));
  for (std::size_t i = 1; i < n; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xC0U) != 0x80U) return {};
    value = value << 6U | (next & 0x3FU);
  }
  constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  if (value < least[n] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return {};
  return {n, value};
}

bool printable(std::uint32_t value) {
  const bool control = value < 0x20 || (value >= 0x7F && value <= 0x9F);
  const bool separator = value == 0x2028 || value == 0x2029;
  const bool direction = value == 0x61C || value == 0x200E || value == 0x200F ||
                         (value >= 0x202A && value <= 0x202E) ||
                         (value >= 0x2066 && value <= 0x2069);
  return !control && !separator && !direction;
}

std::optional<unsigned> digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return std::nullopt;
}

}  // namespace

std::string escaped(std::string_view bytes) {
  std::string text;
  while (!bytes.empty()) {
    const auto point = first_of(bytes);
    const auto n = point.bytes == 0 ? 1 : point.bytes;
    if (bytes.front() == '\\') {
      text += "\\\\";
    } else if (point.bytes > 0 && printable(point.value)) {
      text += bytes.substr(0, n);
    } else {
      for (const auto byte : bytes.substr(0, n))
        text += formatted("\\x{:02x}", static_cast<unsigned char>(byte));
    }
    bytes.remove_prefix(n);
  }
  return text;
}

std::optional<std::string> unescaped(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      bytes += text[i];
      continue;
    }
    const auto rest = text.substr(i + 1);
    if (rest.starts_with('\\')) {
      bytes += '\\';
      i += 1;
      continue;
    }
    if (rest.size() < 3 || rest[0] != 'x') return std::nullopt;
    const auto high = digit(rest[1]);
    const auto low = digit(rest[2]);
    if (!high || !low) return std::nullopt;
    bytes += static_cast<char>(*high * 16 + *low);
    i += 3;
  }
  // Only one text stands for some bytes.
  if (escaped(bytes) != text) return std::nullopt;
  return bytes;
}

}  // namespace annulus::pipeline
