// Why bytes are no chunked body.
#pragma once

#include <string>
#include <system_error>

namespace annulus {

/// The errors of the chunked decoder.
enum class chunked_errc {
  bad_size = 1,     ///< a chunk does not begin with a hexadecimal digit, or goes on wrong behind it
  size_overflow,    ///< a chunk size that 64 bits cannot hold
  chunk_too_long,   ///< a chunk, or all together, longer than chunked_limits::body
  bad_extension,    ///< a chunk extension that RFC 9112, section 7.1.1, does not allow
  header_too_long,  ///< a chunk's size and extensions longer than chunked_limits::header
  too_much_framing,  ///< sizes and extensions out of proportion, beyond chunked_limits::excess
  bad_line_end,      ///< CR without LF behind it, or LF without CR before it
  missing_line_end,  ///< chunk data not followed by CR LF
  bad_trailer,       ///< a trailer field that RFC 9112, section 5, does not allow
  trailer_too_long,  ///< trailer fields longer than chunked_limits::trailer
  bad_limits,        ///< chunked_limits outside their bounds
};

/// The category of `chunked_errc`. Thread-safe.
inline const std::error_category& chunked_category() noexcept {
  class category final : public std::error_category {
    [[nodiscard]] const char* name() const noexcept override { return "chunked"; }
    [[nodiscard]] std::string message(int value) const override {
      switch (static_cast<chunked_errc>(value)) {
        case chunked_errc::bad_size:
          return "chunk size is no hexadecimal number";
        case chunked_errc::size_overflow:
          return "chunk size exceeds 64 bits";
        case chunked_errc::chunk_too_long:
          return "body is longer than the limit";
        case chunked_errc::bad_extension:
          return "chunk extension is malformed";
        case chunked_errc::header_too_long:
          return "chunk header is longer than the limit";
        case chunked_errc::too_much_framing:
          return "chunks carry more framing than the limit allows";
        case chunked_errc::bad_line_end:
          return "line does not end in CR LF";
        case chunked_errc::missing_line_end:
          return "chunk data is not followed by CR LF";
        case chunked_errc::bad_trailer:
          return "trailer field is malformed";
        case chunked_errc::trailer_too_long:
          return "trailer fields are longer than the limit";
        case chunked_errc::bad_limits:
          return "limit is out of bounds";
      }
      return "unknown chunked coding error";
    }
  };
  static const category instance;
  return instance;
}

inline std::error_code make_error_code(chunked_errc value) noexcept {
  return {static_cast<int>(value), chunked_category()};
}

}  // namespace annulus

template <>
struct std::is_error_code_enum<annulus::chunked_errc> : std::true_type {};
