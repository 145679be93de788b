#include "base/columns.hpp"

#include <algorithm>
#include <string_view>

namespace annulus::harness {
namespace {

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
  }));
}

struct marks {
  std::string_view before, between, after;
  std::size_t least_width;
};
constexpr marks plain_marks{"", "  ", "", 0};
// Three: Markdown's rule below a head is as wide at least.
constexpr marks markdown_marks{"| ", " | ", " |", 3};

std::string rule(const std::vector<std::size_t>& widths, std::size_t numbers) {
  std::string out;
  for (std::size_t at = 0; at < widths.size(); ++at) {
    out += "|-" + std::string(widths[at], '-') + (at < numbers ? "-" : ":");
  }
  return out + "|\n";
}

}  // namespace

std::string aligned(const std::vector<text_row>& rows, std::size_t numbers, column_style style) {
  const marks& with = style == column_style::plain ? plain_marks : markdown_marks;
  std::vector<std::size_t> widths(rows.empty() ? 0 : rows.front().size(), with.least_width);
  for (const text_row& row : rows) {
    for (std::size_t at = 0; at < widths.size(); ++at)
      widths[at] = std::max(widths[at], width_of(row.at(at)));
  }
  std::string out;
  for (const text_row& row : rows) {
    std::string line(with.before);
    for (std::size_t at = 0; at < widths.size(); ++at) {
      if (at > 0) line += with.between;
      const std::string padding(widths[at] - width_of(row[at]), ' ');
      line += at < numbers ? row[at] + padding : padding + row[at];
    }
    line += with.after;
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
    if (&row == &rows.front() && style == column_style::markdown) out += rule(widths, numbers);
  }
  return out;
}

}  // namespace annulus::harness
