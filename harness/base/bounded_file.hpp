// Files that somebody else may have written: read whole, but not whatever they are.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/json.hpp"

namespace annulus::harness {

/// How deep JSON and TOML may nest here; what the harness writes has five levels.
inline constexpr unsigned most_nesting = 32;

/// The content of a regular file of at most `most` bytes, which links may lead to. Waits for
/// nothing. Throws `error`, one sentence, which calls the file `what`.
std::string read_bounded(const std::filesystem::path& file, std::uint64_t most,
                         std::string_view what);
/// The same of an open descriptor of any kind, to its end.
std::string read_bounded(int fd, std::uint64_t most, std::string_view what);

/// `text` as one JSON value, of which nothing is left over; discarded if it is none or nests too
/// deep.
json parse_bounded(std::string_view text);

/// Whether TOML nests deeper than `most`, in brackets or by the dots of its keys. The parser bounds
/// the one and not the other, and frees both by recursion.
bool toml_nests_deeper(std::string_view text, unsigned most) noexcept;

}  // namespace annulus::harness
