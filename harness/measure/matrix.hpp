// What to measure: a TOML file, read strictly. `annulus run --reference` prints every key.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "measure/suite.hpp"

namespace annulus::harness {

/// The version of matrices and result sets that this reads and writes.
inline constexpr int schema = 1;
/// Turns that a matrix may have: cells times repetitions.
inline constexpr std::uint64_t most_turns = 100'000;
inline constexpr int most_repetitions = 10'000;

/// Cells of which every axis named here has one of its values.
using cell_filter = std::map<std::string, std::vector<json>>;

/// Whether `key`, which has all axes, is of one of those cells.
bool matches(const cell_filter& filter, const json& key);

struct matrix {
  std::string name;  ///< lower-case letters, digits and '-': it names a directory
  std::string description{};
  const suite* of = nullptr;
  int repetitions = 6;  ///< of each cell, at least; fewer give no interval
  std::optional<double>
      until{};  ///< go on until each interval is this narrow, as a part of its median
  std::chrono::seconds budget{0};  ///< of all turns, after which it does not go on; 0: no `until`
  std::optional<std::uint64_t> seed{};           ///< none: a fresh one for each run
  std::optional<std::filesystem::path> input{};  ///< as written; relative to the current directory
  /// The canonical values of every axis of the suite, in its order; strings that parse_derived
  /// reads are derived.
  std::map<std::string, std::vector<json>> axes{};
  std::vector<cell_filter> only{};  ///< if there are any: a cell that none of them has is left out
  std::vector<cell_filter> except{};  ///< a cell that one of them has is left out
};

/// Reads a matrix. `source` names it in errors. Throws bad_input with the line, the key, what is
/// allowed and the value: for a syntax error, another schema, an unknown key, a wrong type, an
/// unknown or repeated value, an empty axis, or more than `most_turns` turns. A matrix that names
/// neither schema nor suite, from before there were several, is of the first of `suites`.
matrix parse_matrix(std::string_view text, std::string_view source, const suite_list& suites);

/// As `parse_matrix`, from a regular file of at most 1 MiB; throws `error` if it cannot be read.
matrix load_matrix(const std::filesystem::path& file, const suite_list& suites);

/// Replaces the values of an axis by those spelled on a command line ("all" stands for all of
/// them). Throws bad_input that calls the axis `where`.
void set_axis(matrix& of, const std::string& axis, const std::vector<std::string>& spelled,
              std::string_view where);

/// The matrix as TOML with every key, which `parse_matrix` reads back. An absolute input is cut to
/// its last component.
std::string to_toml(const matrix& value);

}  // namespace annulus::harness
