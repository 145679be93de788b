#include "base/toml_fields.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "base/bounded_file.hpp"
#include "base/error.hpp"
#include "base/printable.hpp"

namespace annulus::harness {
namespace {

// How an offending value reads in a message: as in the file, short.
std::string shown(const toml::node& value, const json& spelled) {
  if (spelled.is_string()) return fmt::format("\"{}\"", printable(spelled.get<std::string>()));
  if (value.is_array()) return "a list";
  if (value.is_table()) return "a table";
  return spelled.is_null() ? "a date or time" : spelled.dump();
}

}  // namespace

std::string toml_field::where() const {
  return fmt::format("{}, line {}: {}", source_, value_->source().begin.line, key_);
}

void toml_field::refuse(std::string_view allowed) const {
  throw bad_input(
      fmt::format("{} must be {}, but is {}", where(), allowed, shown(*value_, spelled())));
}

std::string toml_field::text(std::string_view allowed) const {
  const auto found = value_->value_exact<std::string>();
  if (!found) refuse(allowed);
  return *found;
}

std::int64_t toml_field::number(std::int64_t least, std::int64_t most,
                                std::string_view allowed) const {
  const auto found = value_->value_exact<std::int64_t>();
  if (!found || *found < least || *found > most) refuse(allowed);
  return *found;
}

double toml_field::real(std::string_view allowed) const {
  const json found = spelled();
  if (!found.is_number() || !std::isfinite(found.get<double>())) refuse(allowed);
  return found.get<double>();
}

bool toml_field::truth() const {
  const auto found = value_->value_exact<bool>();
  if (!found) refuse("true or false");
  return *found;
}

toml_fields toml_field::table(std::string_view allowed) const {
  const toml::table* const found = value_->as_table();
  if (found == nullptr) refuse(allowed);
  return {source_, *found, key_ + '.'};
}

std::vector<toml_field> toml_field::list(std::string_view allowed) const {
  const toml::array* const found = value_->as_array();
  if (found == nullptr || found->empty()) refuse(allowed);
  std::vector<toml_field> out;
  for (const toml::node& each : *found) out.emplace_back(source_, key_, each);
  return out;
}

json toml_field::spelled() const {
  if (const auto text = value_->value_exact<std::string>()) return *text;
  if (const auto number = value_->value_exact<std::int64_t>()) return *number;
  if (const auto real = value_->value_exact<double>()) return *real;
  if (const auto truth = value_->value_exact<bool>()) return *truth;
  return nullptr;
}

std::optional<toml_field> toml_fields::find(std::string_view key) const {
  const toml::node* const value = from_->get(key);
  if (value == nullptr) return std::nullopt;
  return toml_field(source_, prefix_ + std::string(key), *value);
}

toml_field toml_fields::require(std::string_view key) const {
  auto found = find(key);
  if (!found) throw bad_input(fmt::format("{}: the key {}{} is missing", source_, prefix_, key));
  return *std::move(found);
}

void toml_fields::refuse_unknown(const std::vector<std::string>& known) const {
  for (const auto& [key, value] : *from_) {
    if (std::find(known.begin(), known.end(), key.str()) != known.end()) continue;
    throw bad_input(fmt::format("{}, line {}: there is no key {}{}, only {}", source_,
                                key.source().begin.line, prefix_, printable(key.str()),
                                fmt::join(known, ", ")));
  }
}

toml::table parse_toml(std::string_view text, std::string_view source) {
  if (toml_nests_deeper(text, most_nesting)) {
    throw bad_input(fmt::format("{}: it nests deeper than {} levels", source, most_nesting));
  }
  try {
    return toml::parse(text, source);
  } catch (const toml::parse_error& failed) {
    throw bad_input(fmt::format("{}, line {}: this is not TOML: {}", source,
                                failed.source().begin.line, printable(failed.description())));
  }
}

}  // namespace annulus::harness
