// What to measure: a TOML file, read strictly. harness/matrices/example.toml shows every key.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace annulus::harness {

/// Turns that a matrix may have: cells times repetitions.
inline constexpr std::uint64_t most_turns = 100'000;

/// An erasure code: `data` shards and `parity` shards; 1 to 255 each, at most 256 together.
struct geometry {
  int data = 8;
  int parity = 4;
};

/// "8+4". Throws bad_input, naming `option`.
geometry parse_geometry(std::string_view text, std::string_view option);
std::string format_geometry(const geometry& value);

/// The values of each axis; none is empty. The defaults are those of a matrix that does not name
/// the axis. Sizes are in bytes.
struct matrix_axes {
  std::vector<std::string> ring{"futex"};
  std::vector<std::string> sink{"null"};
  std::vector<std::string> mode{"serial"};
  std::vector<std::string> hand{"copy"};
  std::vector<std::uint64_t> ring_size{std::uint64_t{2} << 20U};
  std::vector<std::uint64_t> read_size{std::uint64_t{64} << 10U};
  std::vector<std::uint64_t> block{std::uint64_t{1} << 20U};
  std::vector<geometry> shards{{}};
  std::vector<std::string> placement{"none"};
  std::vector<std::string> memory{"any"};
  std::vector<bool> sync{false};
};

struct matrix {
  std::string name;  ///< lower-case letters, digits and '-': it names a directory
  std::string description;
  int repetitions = 3;
  std::optional<std::uint64_t> seed;           ///< none: a fresh one for each run
  std::optional<std::filesystem::path> input;  ///< as written; relative to the current directory
  matrix_axes axes;
};

/// Reads a matrix. `source` names it in errors; `rings` are the names that the axis `ring` allows.
/// Throws bad_input with the line, the key, what is allowed and the value: for a syntax error, an
/// unknown key, a wrong type, an unknown or repeated value, an empty axis, or more than
/// `most_turns` turns.
matrix parse_matrix(std::string_view text, std::string_view source,
                    std::span<const std::string_view> rings);

/// As `parse_matrix`, from a regular file of at most 1 MiB; throws `error` if it cannot be read.
matrix load_matrix(const std::filesystem::path& file, std::span<const std::string_view> rings);

/// The matrix as TOML with every key, which `parse_matrix` reads back. An absolute input is cut to
/// its last component.
std::string to_toml(const matrix& value);

}  // namespace annulus::harness
