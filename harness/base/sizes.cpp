#include "base/sizes.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>

#include "base/error.hpp"
#include "base/printable.hpp"

namespace annulus::harness {
namespace {

struct unit {
  std::string_view name;
  unsigned shift;
};
constexpr std::array units{unit{"GiB", 30}, unit{"MiB", 20}, unit{"KiB", 10}, unit{"", 0}};

}  // namespace

std::uint64_t parse_size(std::string_view text, std::string_view option, std::uint64_t least,
                         std::uint64_t most) {
  std::uint64_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view suffix(end, text.data() + text.size());
  if (failed == std::errc{}) {
    for (const auto& [name, shift] : units) {
      const bool in_range = number <= (most >> shift) && (number << shift) >= least;
      if (suffix == name && in_range) return number << shift;
    }
  }
  const bool bounded = most != std::numeric_limits<std::int64_t>::max();
  throw bad_input(fmt::format(
      "{} must be a whole number of bytes, or one followed by KiB, MiB or GiB, {} {}, "
      "but is \"{}\"",
      option, bounded ? "from" : "at least",
      format_size(least) + (bounded ? " to " + format_size(most) : ""), printable(text)));
}

std::string format_size(std::uint64_t bytes) {
  for (const auto& [name, shift] : units) {
    if (bytes >> shift != 0 && (bytes >> shift) << shift == bytes) {
      return fmt::format("{}{}", bytes >> shift, name);
    }
  }
  return fmt::format("{}", bytes);
}

std::optional<double> parse_percent(std::string_view text) {
  double percent = 0;
  const auto* const end = text.data() + text.size();
  const auto [behind, failed] = std::from_chars(text.data(), end, percent);
  if (failed != std::errc{} ||
      std::string_view(behind, static_cast<std::size_t>(end - behind)) != "%" ||
      !std::isfinite(percent) || percent < 0) {
    return std::nullopt;
  }
  return percent / 100;
}

}  // namespace annulus::harness
