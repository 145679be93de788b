#include "json_fields.hpp"

#include <fmt/format.h>

#include "error.hpp"

namespace annulus::harness {
namespace {

[[noreturn]] void refuse(std::string_view field, const std::string& allowed) {
  throw error(fmt::format("its {} must be {}", field, allowed));
}

}  // namespace

std::uint64_t whole_number(const json& from, std::string_view field, std::uint64_t most,
                           std::uint64_t least) {
  const auto at = from.find(field);
  if (at != from.end() && at->is_number_unsigned()) {
    const auto value = at->get<std::uint64_t>();
    if (value >= least && value <= most) return value;
  }
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
