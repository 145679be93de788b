// What a pipe refuses, as std::error_code beside the errors of annulus::errc.
#pragma once

#include <string>
#include <system_error>

namespace annulus::pipelines {

/// Misuse of a pipe; whatever returns one of these has changed nothing. Waiting calls also return
/// annulus::errc::would_block, timed_out, cancelled, destroyed and exceeds_capacity, and what the
/// other end completed with.
enum class errc {
  completed = 1,             ///< a call of an end that has completed
  reader_completed,          ///< nothing more will be read
  overlapping,               ///< another call of the same end is still in progress
  advance_overrun,           ///< a writer's advance past what was allocated
  read_in_progress,          ///< a read, and the one before it has not been advanced
  no_read,                   ///< an advance without a read, or a second one
  stale_cursor,              ///< a cursor of an earlier read or of another pipe
  cursor_beyond_end,         ///< a cursor behind the end of what was read
  examined_before_consumed,  ///< less examined than consumed
  resume_above_pause,        ///< thresholds that would pause a writer for ever
  no_segment_size,           ///< a minimum segment of 0 bytes
  not_completed,             ///< a reset while an end has not completed
};

inline const std::error_category& pipe_category() noexcept {
  class category final : public std::error_category {
   public:
    [[nodiscard]] const char* name() const noexcept override { return "annulus.pipelines"; }
    [[nodiscard]] std::string message(int value) const override {
      switch (static_cast<errc>(value)) {
        case errc::completed:
          return "this end of the pipe has completed";
        case errc::reader_completed:
          return "reader of the pipe has completed";
        case errc::overlapping:
          return "another call of this end is still in progress";
        case errc::advance_overrun:
          return "advance exceeds the allocated memory";
        case errc::read_in_progress:
          return "the read before has not been advanced";
        case errc::no_read:
          return "there is no read to advance";
        case errc::stale_cursor:
          return "cursor is of an earlier read or of another pipe";
        case errc::cursor_beyond_end:
          return "cursor is behind the end of what was read";
        case errc::examined_before_consumed:
          return "less was examined than consumed";
        case errc::resume_above_pause:
          return "resume threshold is above the pause threshold";
        case errc::no_segment_size:
          return "minimum segment is 0 bytes";
        case errc::not_completed:
          return "an end of the pipe has not completed";
      }
      return "unknown pipe error";
    }
  };
  static const category instance;
  return instance;
}

inline std::error_code make_error_code(errc value) noexcept {
  return {static_cast<int>(value), pipe_category()};
}

}  // namespace annulus::pipelines

template <>
struct std::is_error_code_enum<annulus::pipelines::errc> : std::true_type {};
