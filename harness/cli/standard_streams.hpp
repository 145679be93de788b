// What commands print. Nothing else writes to standard output or standard error.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "base/json.hpp"
#include "base/printable.hpp"

namespace annulus::cli {

/// To be called first: a closed descriptor 0, 1 or 2 would be the number of the next file that is
/// opened, and what is printed would end in it. Such a one leads nowhere then, and using it fails.
void open_standard_streams();

/// Throws failure if standard output is closed or nobody reads it: a command that works first and
/// reports then asks before it works.
void require_output();

/// Adds to standard output, which is written by the piece. Throws failure as `flush_output`.
void print_text(std::string_view text);
/// The same, formatted.
template <class... Values>
void print(fmt::format_string<Values...> pattern, Values&&... values) {
  print_text(fmt::vformat(pattern, fmt::make_format_args(values...)));
}
/// As a line or, indented, several, of ASCII: valid whatever strings hold.
std::string json_line(const harness::json& value, int indent = -1);
void print_json(const harness::json& value, int indent = -1);

/// Writes what is left. Throws failure, once, if standard output cannot be written. `done` tells
/// what the command had done already: "object 'a' was stored".
void flush_output(std::string_view done = {});

/// "annulus: SENTENCE" on standard error, and `draw` the text as it is; nothing if that cannot be
/// written.
void warn(std::string_view sentence) noexcept;
void draw(std::string_view text) noexcept;

using harness::printable;

}  // namespace annulus::cli
