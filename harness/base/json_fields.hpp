// Fields of JSON that somebody else may have written: of the right type and range, or an error.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.hpp"

namespace annulus::harness {

/// The value, if it is a whole number from 0.
std::optional<std::uint64_t> whole_number(const json& value);

/// Each throws `error`, with the field's name and what it must be, if it is missing or something
/// else. `from` must be an object.
std::uint64_t whole_number(const json& from, std::string_view field, std::uint64_t most,
                           std::uint64_t least = 0);
std::string text_of(const json& from, std::string_view field, std::size_t most_bytes);

}  // namespace annulus::harness
