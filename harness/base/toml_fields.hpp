// Keys of TOML that somebody else may have written: of the right type and range, or an error that
// names line, key, what is allowed and the value.
#pragma once

#include <toml++/toml.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace annulus::harness {

class toml_fields;

/// One key of a file.
class toml_field {
 public:
  /// `source` names the file and outlives this, as `value` does.
  toml_field(std::string_view source, std::string key, const toml::node& value)
      : source_(source), key_(std::move(key)), value_(&value) {}

  /// "m.toml, line 3: axes.ring"
  [[nodiscard]] std::string where() const;
  /// Throws bad_input: "m.toml, line 3: axes.ring must be `allowed`, but is 7".
  [[noreturn]] void refuse(std::string_view allowed) const;

  // Each refuses what is of another type or out of range.
  [[nodiscard]] std::string text(std::string_view allowed = "a string") const;
  [[nodiscard]] std::int64_t number(std::int64_t least, std::int64_t most,
                                    std::string_view allowed) const;
  [[nodiscard]] double real(std::string_view allowed = "a number") const;
  [[nodiscard]] bool truth() const;
  [[nodiscard]] toml_fields table(std::string_view allowed) const;
  /// Of at least one element.
  [[nodiscard]] std::vector<toml_field> list(std::string_view allowed) const;
  [[nodiscard]] bool is_list() const noexcept { return value_->is_array(); }

  /// A scalar as JSON; null for a list, a table or a date.
  [[nodiscard]] json spelled() const;

 private:
  std::string_view source_;
  std::string key_;
  const toml::node* value_;
};

/// A table of a file, the whole file included.
class toml_fields {
 public:
  /// `prefix` stands before its keys in errors: "axes.".
  toml_fields(std::string_view source, const toml::table& from, std::string prefix = "")
      : source_(source), from_(&from), prefix_(std::move(prefix)) {}

  [[nodiscard]] std::optional<toml_field> find(std::string_view key) const;
  /// Throws bad_input: "m.toml: the key name is missing".
  [[nodiscard]] toml_field require(std::string_view key) const;
  /// Throws bad_input: "m.toml, line 2: there is no key nam, only name, suite".
  void refuse_unknown(const std::vector<std::string>& known) const;
  [[nodiscard]] bool empty() const noexcept { return from_->empty(); }

 private:
  std::string_view source_;
  const toml::table* from_;
  std::string prefix_;
};

/// Throws bad_input: the text is no TOML, with the line, or nests too deep.
toml::table parse_toml(std::string_view text, std::string_view source);

}  // namespace annulus::harness
