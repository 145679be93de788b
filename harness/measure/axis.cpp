#include "measure/axis.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <charconv>

#include "base/error.hpp"
#include "base/json_fields.hpp"
#include "base/printable.hpp"
#include "base/sizes.hpp"

namespace annulus::harness {
namespace {

std::string shown(const json& spelled) {
  if (spelled.is_string()) return fmt::format("\"{}\"", printable(spelled.get<std::string>()));
  if (spelled.is_array()) return "a list";
  return spelled.is_object() ? "a table" : spelled.dump();
}

bool contains(const std::vector<std::string>& choices, std::string_view word) {
  return std::find(choices.begin(), choices.end(), word) != choices.end();
}

std::string same_word(const json& value) {
  return value.get<std::string>();
}

std::optional<std::uint64_t> whole_from(const json& spelled) {
  if (!spelled.is_string()) return whole_number(spelled);
  const auto text = spelled.get<std::string>();
  std::uint64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> real_from(const json& spelled) {
  if (spelled.is_number()) return spelled.get<double>();
  if (!spelled.is_string()) return std::nullopt;
  const auto text = spelled.get<std::string>();
  double value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::uint64_t> size_from(const json& spelled) {
  if (!spelled.is_string()) return whole_number(spelled);
  try {
    return parse_size(spelled.get<std::string>(), "", 0);
  } catch (const bad_input&) {
    return std::nullopt;
  }
}

}  // namespace

bool is_word(std::string_view text) noexcept {
  constexpr std::size_t longest = 64;
  constexpr std::string_view others = "_.:+-/@=%";
  return !text.empty() && text.size() <= longest &&
         std::all_of(text.begin(), text.end(), [&](char c) {
           return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                  others.find(c) != std::string_view::npos;
         });
}

value_kind words(std::vector<std::string> choices) {
  value_kind out;
  out.allowed = fmt::format("one of {}", fmt::join(choices, ", "));
  out.all.assign(choices.begin(), choices.end());
  out.canonical = [choices = std::move(choices)](const json& spelled) -> std::optional<json> {
    if (!spelled.is_string() || !contains(choices, spelled.get<std::string>())) return std::nullopt;
    return spelled;
  };
  out.text = same_word;
  return out;
}

value_kind sizes(std::uint64_t least, std::uint64_t most) {
  value_kind out;
  const bool bounded = most != std::numeric_limits<std::int64_t>::max();
  out.allowed = fmt::format(
      "a size, a whole number of bytes or a string such as \"64KiB\", {} {}{}",
      bounded ? "from" : "at least", format_size(least), bounded ? " to " + format_size(most) : "");
  out.canonical = [least, most](const json& spelled) -> std::optional<json> {
    const auto bytes = size_from(spelled);
    if (!bytes || *bytes < least || *bytes > most) return std::nullopt;
    return json(*bytes);
  };
  out.text = [](const json& value) { return format_size(value.get<std::uint64_t>()); };
  out.derivable = true;
  return out;
}

value_kind counts(std::uint64_t least, std::uint64_t most) {
  value_kind out;
  out.allowed = fmt::format("a whole number from {} to {}", least, most);
  out.canonical = [least, most](const json& spelled) -> std::optional<json> {
    const auto value = whole_from(spelled);
    if (!value || *value < least || *value > most) return std::nullopt;
    return json(*value);
  };
  out.text = [](const json& value) { return value.dump(); };
  return out;
}

value_kind numbers(double least, double most) {
  value_kind out;
  out.allowed = fmt::format("a number from {} to {}", least, most);
  out.canonical = [least, most](const json& spelled) -> std::optional<json> {
    const auto value = real_from(spelled);
    if (!value || !(*value >= least && *value <= most)) return std::nullopt;
    // One number has one form: 1 and 1.0 are the same cell, and so are 0 and -0.
    return json(*value + 0.0);
  };
  out.text = [](const json& value) { return fmt::format("{}", value.get<double>()); };
  return out;
}

value_kind truths() {
  value_kind out;
  out.allowed = "true or false";
  out.all = {false, true};
  out.canonical = [](const json& spelled) -> std::optional<json> {
    if (spelled.is_boolean()) return spelled;
    if (spelled == "true" || spelled == "yes") return json(true);
    if (spelled == "false" || spelled == "no") return json(false);
    return std::nullopt;
  };
  out.text = [](const json& value) { return value.get<bool>() ? "yes" : "no"; };
  return out;
}

value_kind patterns(std::vector<std::string> choices, std::string_view pattern,
                    std::function<bool(std::string_view)> matches) {
  value_kind out;
  out.allowed = choices.empty() ? std::string(pattern)
                                : fmt::format("one of {}, {}", fmt::join(choices, ", "), pattern);
  out.canonical = [choices = std::move(choices),
                   matches = std::move(matches)](const json& spelled) -> std::optional<json> {
    if (!spelled.is_string()) return std::nullopt;
    const auto word = spelled.get<std::string>();
    if (!is_word(word) || (!contains(choices, word) && !matches(word))) return std::nullopt;
    return spelled;
  };
  out.text = same_word;
  return out;
}

value_kind with_hidden(value_kind kind, std::vector<std::string> hidden) {
  kind.canonical = [open = std::move(kind.canonical),
                    hidden = std::move(hidden)](const json& spelled) -> std::optional<json> {
    if (spelled.is_string() && contains(hidden, spelled.get<std::string>())) return spelled;
    return open(spelled);
  };
  return kind;
}

std::string axis::title() const {
  std::string out = name;
  std::replace(out.begin(), out.end(), '_', ' ');
  return out;
}

json axis::parse(const json& spelled, std::string_view where) const {
  auto value = values.canonical(spelled);
  if (!value) {
    throw bad_input(fmt::format("{} must be {}, but is {}", where, values.allowed, shown(spelled)));
  }
  return *std::move(value);
}

std::optional<derived_size> parse_derived(std::string_view text) {
  constexpr std::string_view times = " x ";
  const auto at = text.find(times);
  if (at == std::string_view::npos) return std::nullopt;
  derived_size out;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + at, out.factor);
  out.of = text.substr(at + times.size());
  const bool is_word = !out.of.empty() && std::all_of(out.of.begin(), out.of.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || c == '_';
  });
  if (failed != std::errc{} || end != text.data() + at || !is_word) return std::nullopt;
  if (!(out.factor > 0 && out.factor <= 1e6)) return std::nullopt;
  return out;
}

const axis* find_axis(const std::vector<axis>& axes, std::string_view name) noexcept {
  const auto at = std::find_if(axes.begin(), axes.end(),
                               [name](const axis& each) { return each.name == name; });
  return at == axes.end() ? nullptr : &*at;
}

std::string axis_text(const std::vector<axis>& axes, const json& key, const std::string& name) {
  const auto at = key.find(name);
  const axis* const what = find_axis(axes, name);
  if (at == key.end() || what == nullptr) {
    throw error(fmt::format("a cell's key lacks the axis {}", name));
  }
  return what->values.text(*at);
}

std::vector<std::string> varying_axes(const std::vector<json>& keys) {
  std::vector<std::string> out;
  if (keys.empty()) return out;
  for (const auto& [name, value] : keys.front().items()) {
    const bool varies = std::any_of(
        keys.begin(), keys.end(),
        [&, &name = name, &value = value](const json& key) { return key.at(name) != value; });
    if (varies) out.push_back(name);
  }
  return out;
}

std::string cell_label(const std::vector<axis>& axes, const json& key,
                       const std::vector<std::string>& shown) {
  std::string out;
  for (const std::string& name : shown) {
    const axis* const what = find_axis(axes, name);
    // The words of a finite axis are its own; a size or a truth is anybody's.
    const bool names_itself =
        what != nullptr && !what->values.all.empty() && what->values.all.front().is_string();
    out += fmt::format("{}{}{}", out.empty() ? "" : " ", names_itself ? "" : name + "=",
                       axis_text(axes, key, name));
  }
  return out;
}

}  // namespace annulus::harness
