#include "base/json_fields.hpp"

#include <fmt/format.h>

#include "base/error.hpp"

namespace annulus::harness {
namespace {

[[noreturn]] void refuse(std::string_view field, const std::string& allowed) {
  throw error(fmt::format("its {} must be {}", field, allowed));
}

}  // namespace

std::optional<std::uint64_t> whole_number(const json& value) {
  // What was parsed is unsigned, what was made of an int is not.
  const bool negative =
      !value.is_number_unsigned() && value.is_number_integer() && value.get<std::int64_t>() < 0;
  if (!value.is_number_integer() || negative) return std::nullopt;
  return value.get<std::uint64_t>();
}

std::uint64_t whole_number(const json& from, std::string_view field, std::uint64_t most,
                           std::uint64_t least) {
  const auto at = from.find(field);
  const auto value = at == from.end() ? std::nullopt : whole_number(*at);
  if (value && *value >= least && *value <= most) return *value;
  refuse(field, fmt::format("a whole number from {} to {}", least, most));
}

std::string text_of(const json& from, std::string_view field, std::size_t most_bytes) {
  const auto at = from.find(field);
  if (at != from.end() && at->is_string()) {
    auto value = at->get<std::string>();
    if (value.size() <= most_bytes) return value;
  }
  refuse(field, fmt::format("a text of at most {} bytes", most_bytes));
}

}  // namespace annulus::harness
