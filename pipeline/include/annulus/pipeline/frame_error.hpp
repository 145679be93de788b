// Why bytes are no shard stream.
#pragma once

#include <string>
#include <system_error>

namespace annulus::pipeline {

/// The errors of frame_parser. A frame has no length and no mark that could be wrong.
enum class frame_errc {
  truncated = 1,  ///< the stream ends within a hash or right behind it
};

/// The category of `frame_errc`. Thread-safe.
inline const std::error_category& frame_category() noexcept {
  class category final : public std::error_category {
    [[nodiscard]] const char* name() const noexcept override { return "frame"; }
    [[nodiscard]] std::string message(int value) const override {
      if (static_cast<frame_errc>(value) == frame_errc::truncated)
        return "shard stream ends within a frame, before its first byte behind the hash";
      return "unknown frame error";
    }
  };
  static const category instance;
  return instance;
}

inline std::error_code make_error_code(frame_errc value) noexcept {
  return {static_cast<int>(value), frame_category()};
}

}  // namespace annulus::pipeline

template <>
struct std::is_error_code_enum<annulus::pipeline::frame_errc> : std::true_type {};
