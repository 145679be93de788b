// Why bytes are no RESP.
#pragma once

#include <string>
#include <system_error>

namespace annulus {

/// The errors of the RESP parsers.
enum class resp_errc {
  unknown_type = 1,      ///< the first byte of a value is none of + - : $ *
  line_too_long,         ///< no line end within resp_limits::line, or within 20 digits of a number
  bare_line_feed,        ///< LF without CR before it
  bare_carriage_return,  ///< CR within a simple string or error
  bad_integer,           ///< no decimal of 64 bits behind ':'
  bad_length,            ///< neither a decimal without leading zeros nor -1 behind '$' or '*'
  bulk_too_long,         ///< longer than resp_limits::bulk
  missing_terminator,    ///< no CR LF behind a bulk string
  too_many_elements,     ///< more than resp_limits::elements
  too_deep,              ///< arrays nested deeper than resp_limits::depth
  message_too_long,      ///< longer than resp_limits::message
  not_a_command,         ///< an element of a command is no bulk string
  unbalanced_quotes,     ///< in an inline command
  bad_limits,            ///< resp_limits outside their bounds
};

/// The category of `resp_errc`. Thread-safe.
inline const std::error_category& resp_category() noexcept {
  class category final : public std::error_category {
    [[nodiscard]] const char* name() const noexcept override { return "resp"; }
    [[nodiscard]] std::string message(int value) const override {
      switch (static_cast<resp_errc>(value)) {
        case resp_errc::unknown_type:
          return "first byte of a value is no RESP type";
        case resp_errc::line_too_long:
          return "line is longer than the limit";
        case resp_errc::bare_line_feed:
          return "line feed without a carriage return before it";
        case resp_errc::bare_carriage_return:
          return "carriage return within a line";
        case resp_errc::bad_integer:
          return "integer is no decimal of 64 bits";
        case resp_errc::bad_length:
          return "length is neither a decimal nor -1";
        case resp_errc::bulk_too_long:
          return "bulk string is longer than the limit";
        case resp_errc::missing_terminator:
          return "bulk string does not end in CR LF";
        case resp_errc::too_many_elements:
          return "array has more elements than the limit";
        case resp_errc::too_deep:
          return "arrays are nested deeper than the limit";
        case resp_errc::message_too_long:
          return "message is longer than the limit";
        case resp_errc::not_a_command:
          return "element of a command is no bulk string";
        case resp_errc::unbalanced_quotes:
          return "quotes are not balanced";
        case resp_errc::bad_limits:
          return "limit is out of bounds";
      }
      return "unknown RESP error";
    }
  };
  static const category instance;
  return instance;
}

inline std::error_code make_error_code(resp_errc value) noexcept {
  return {static_cast<int>(value), resp_category()};
}

}  // namespace annulus

template <>
struct std::is_error_code_enum<annulus::resp_errc> : std::true_type {};
