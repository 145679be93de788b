// What every parser answers.
#pragma once

#include <cstddef>
#include <system_error>

namespace annulus {

enum class parse_status {
  need_more,  ///< what is there is no whole message yet
  message,    ///< a whole message, or what the parser calls one
  error,      ///< the bytes are no message; the same for ever, until the parser is reset
};

/// Parsers are synchronous and keep their state: whoever has the bytes calls, and calls again with
/// more; only callers wait. A parser is given the bytes from the first one not consumed, and says
/// how many of them it is done with and how many it has looked at, which is what a pipe's
/// `advance(consumed, examined)` takes. (Problem 4 of seed 001.)
struct [[nodiscard]] parse_result {
  parse_status status = parse_status::need_more;
  std::size_t consumed = 0;  ///< bytes that the next call must not be given again
  std::size_t examined = 0;  ///< consumed <= examined <= what was given
  std::size_t missing = 0;   ///< need_more: at least so many more bytes are needed, 1 or more
  std::error_code error{};   ///< set exactly if status is error
};

}  // namespace annulus
