// An axis of a matrix: one descriptor says what it is called, which values it takes, and how they
// are written.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace annulus::harness {

/// The values that an axis can take. A value has one canonical form, by which cells are told apart,
/// however it was spelled: a word is a string, a size or a count a number, a truth a boolean.
struct value_kind {
  std::string allowed;  ///< what errors and the reference say: "one of null, dir, chunks"
  /// The canonical form of a value as a file or a command line spells it; none: the axis has no
  /// such value.
  std::function<std::optional<json>(const json& spelled)> canonical;
  std::function<std::string(const json& value)>
      text;                 ///< the shortest spelling of a canonical value
  std::vector<json> all{};  ///< what "all" stands for; empty: there are too many
  bool derivable = false;   ///< a size, which may be given as a multiple of another one
};

/// Whether `text` can be a value or the name of an axis: it becomes part of labels, tables and
/// figures, so it has at most 64 letters, digits and `_.:+-/@=%`.
bool is_word(std::string_view text) noexcept;

/// One of these words, spelled so.
value_kind words(std::vector<std::string> choices);
/// Bytes: a number, or "64KiB", "2MiB".
value_kind sizes(std::uint64_t least = 1,
                 std::uint64_t most = std::numeric_limits<std::int64_t>::max());
/// A whole number.
value_kind counts(std::uint64_t least, std::uint64_t most);
/// A number with a decimal point, if need be.
value_kind numbers(double least, double most);
value_kind truths();
/// Words of a pattern that `matches`, beside some fixed ones.
value_kind patterns(std::vector<std::string> choices, std::string_view pattern,
                    std::function<bool(std::string_view)> matches);
/// `kind`, of which some values exist for the harness only: not in `allowed`, not in `all`.
value_kind with_hidden(value_kind kind, std::vector<std::string> hidden);

struct cell_request;

struct axis {
  std::string name;  ///< "ring_size": in files, keys and JSON
  std::string help;  ///< one sentence, for --help and the reference
  value_kind values;
  json fallback;       ///< the canonical value of a matrix that does not name the axis
  std::string unit{};  ///< of its values, where the spelling does not say it
  /// What has to be done in the cell's process before anything is measured; empty: the suite asks
  /// for the value itself.
  std::function<void(const json& value, cell_request& cell)> apply{};

  /// "ring size"
  [[nodiscard]] std::string title() const;
  /// The canonical form. Throws bad_input: "`where` must be one of a, b, but is "c"".
  [[nodiscard]] json parse(const json& spelled, std::string_view where) const;
};

/// A value that depends on others: "2 x frame".
struct derived_size {
  double factor = 1;
  std::string of;  ///< another axis of sizes, or a quantity that the suite knows
};
/// Nothing if `text` is not of that form.
std::optional<derived_size> parse_derived(std::string_view text);

/// The axis of that name, or null.
const axis* find_axis(const std::vector<axis>& axes, std::string_view name) noexcept;

/// The value of `name` in a cell's key as people read it. Throws `error` if the key lacks it.
std::string axis_text(const std::vector<axis>& axes, const json& key, const std::string& name);

/// The names of the axes with more than one value among `keys`, in the order of the first key.
std::vector<std::string> varying_axes(const std::vector<json>& keys);

/// The values of `shown` in their order; those that do not name themselves with their axis: "futex
/// dir ring_size=2MiB".
std::string cell_label(const std::vector<axis>& axes, const json& key,
                       const std::vector<std::string>& shown);

}  // namespace annulus::harness
