// Sizes as people write them.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace annulus::harness {

/// The bytes that `text` stands for: a whole number, alone or followed by KiB, MiB or GiB ("4096",
/// "64KiB"). `option` names it in the error. Throws bad_input for anything else, and for a size
/// outside `least`..`most`.
std::uint64_t parse_size(std::string_view text, std::string_view option, std::uint64_t least = 1,
                         std::uint64_t most = std::numeric_limits<std::int64_t>::max());

/// The shortest exact form, which `parse_size` reads back: "2MiB", "1000".
std::string format_size(std::uint64_t bytes);

/// "5%" as 0.05; nothing if `text` is no number, from 0, with a percent sign.
std::optional<double> parse_percent(std::string_view text);

}  // namespace annulus::harness
