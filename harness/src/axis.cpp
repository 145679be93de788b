#include "axis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "error.hpp"
#include "sizes.hpp"

namespace annulus::harness {
namespace {

constexpr std::array<std::string_view, 3> always{"ring", "sink", "mode"};

}  // namespace

std::string axis_text(const json& key, const std::string& axis) {
  const auto at = key.find(axis);
  if (at == key.end()) throw error(fmt::format("a cell's key lacks the axis {}", axis));
  const json& value = *at;
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  return format_size(value.get<std::uint64_t>());
}

std::vector<std::string> varying_axes(std::span<const json> keys) {
  std::vector<std::string> out;
  if (keys.empty()) return out;
  for (const auto& axis : keys.front().items()) {
    const bool varies = std::any_of(keys.begin(), keys.end(), [&](const json& key) {
      return key.at(axis.key()) != axis.value();
    });
    if (varies) out.push_back(axis.key());
  }
  return out;
}

std::string cell_label(const json& key, std::span<const std::string> varying) {
  std::string out;
  for (const auto& axis : always) {
    out += (out.empty() ? "" : " ") + axis_text(key, std::string(axis));
  }
  for (const std::string& axis : varying) {
    if (std::find(always.begin(), always.end(), axis) != always.end()) continue;
    const bool names_itself = key.at(axis).is_string() && axis != "memory" && axis != "hand";
    out += " " + (names_itself ? "" : axis + "=") + axis_text(key, axis);
  }
  return out;
}

}  // namespace annulus::harness
