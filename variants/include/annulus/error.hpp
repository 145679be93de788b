// The errors of rings and pipes, as std::error_code, so that a caller's own errors (an errno, a
// quorum failure) travel through `close(error)` unchanged.
#pragma once

#include <string>
#include <system_error>

namespace annulus {

/// Why a call of a ring or a pipe stopped, or could not be made. They return these and no others,
/// besides what `close(error)` was given and `std::errc::not_enough_memory`. Those from
/// `overlapping` on are misuse of a pipe; whatever returns one of them has changed nothing.
enum class errc {
  end_of_stream = 1,     ///< the writer closed and every byte has been read
  closed,                ///< this end or the other one has closed: nothing more can be transferred
  would_block,           ///< a try_ call moved less than it was asked to
  timed_out,             ///< the deadline passed first
  cancelled,             ///< the stop token fired first
  bad_capacity,          ///< capacity 0, or more than can be addressed
  exceeds_capacity,      ///< a reservation or peek larger than `limit()`
  commit_overrun,        ///< commit of more than is reserved
  consume_overrun,       ///< consume of more than was peeked
  minimum_exceeds_span,  ///< read with a minimum larger than its span
  destroyed,             ///< the ring or pipe was destroyed while this end waited
  peer_died,             ///< the process at the other end is gone
  no_such_node,          ///< a memory policy names a NUMA node that this process may not use
  no_huge_pages,         ///< huge_pages::always, and there are not enough of them
  no_memory_policy,      ///< a memory policy for a ring whose memory takes none
  foreign_error,         ///< the other process failed with an error that has no meaning in this one
  not_a_shared_ring,     ///< a file that holds no shared ring, or one of another kind
  end_taken,             ///< an end of a shared ring that has been attached before
  corrupted,             ///< the other process wrote what no ring writes into a shared ring
  failed,                ///< failed for no reason given, or for one that no stream can end with
  overlapping,           ///< another call of the same end is still in progress
  advance_overrun,       ///< a writer's advance past what was allocated
  read_in_progress,      ///< a read, and the one before it has not been advanced
  no_read,               ///< an advance without a read, or a second one
  stale_cursor,          ///< a cursor of an earlier read or of another pipe
  cursor_beyond_end,     ///< a cursor behind the end of what was read
  examined_before_consumed,  ///< less examined than consumed
  resume_above_pause,        ///< thresholds that would pause a writer for ever
  no_segment_size,           ///< a minimum segment of 0 bytes
  not_closed,                ///< a reset while an end has not closed
};

/// The category of `errc`. Thread-safe.
inline const std::error_category& ring_category() noexcept {
  class category final : public std::error_category {
    [[nodiscard]] const char* name() const noexcept override { return "annulus"; }
    [[nodiscard]] std::string message(int value) const override {
      switch (static_cast<errc>(value)) {
        case errc::end_of_stream:
          return "end of stream";
        case errc::closed:
          return "stream is closed";
        case errc::would_block:
          return "operation would block";
        case errc::timed_out:
          return "deadline passed";
        case errc::cancelled:
          return "operation cancelled";
        case errc::bad_capacity:
          return "ring capacity is 0 or too large";
        case errc::exceeds_capacity:
          return "request is larger than the ring";
        case errc::commit_overrun:
          return "commit exceeds the reservation";
        case errc::consume_overrun:
          return "consume exceeds the peeked bytes";
        case errc::minimum_exceeds_span:
          return "minimum exceeds the span to read into";
        case errc::destroyed:
          return "stream was destroyed";
        case errc::peer_died:
          return "process at the other end died";
        case errc::no_such_node:
          return "no such NUMA node";
        case errc::no_huge_pages:
          return "huge pages cannot be had";
        case errc::no_memory_policy:
          return "ring takes no memory policy";
        case errc::foreign_error:
          return "other process failed with an error of its own";
        case errc::not_a_shared_ring:
          return "not a shared ring of this kind";
        case errc::end_taken:
          return "end of the shared ring has been attached before";
        case errc::corrupted:
          return "shared ring was corrupted by the other process";
        case errc::failed:
          return "stream failed";
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
        case errc::not_closed:
          return "an end of the pipe has not closed";
      }
      return "unknown ring error";
    }
  };
  static const category instance;
  return instance;
}

inline std::error_code make_error_code(errc value) noexcept {
  return {static_cast<int>(value), ring_category()};
}

}  // namespace annulus

template <>
struct std::is_error_code_enum<annulus::errc> : std::true_type {};

namespace annulus {

/// The call may be made again as it was: it moved nothing, or less than it was asked to, and the
/// stream goes on. errc::would_block, and EAGAIN, EWOULDBLOCK and EINTR of the kernel.
inline bool means_try_again(const std::error_code& error) noexcept {
  return error == errc::would_block || error == std::errc::resource_unavailable_try_again ||
         error == std::errc::operation_would_block || error == std::errc::interrupted;
}

/// Closing with it is closing without an error: the stream ends after the buffered bytes.
inline bool is_clean_end(const std::error_code& error) noexcept {
  return !error || error == errc::end_of_stream;
}

/// The error that a stream keeps when it is failed with `error`: that one, or errc::failed for one
/// by which callers would take the failure for a clean end, or for something to try again.
inline std::error_code lasting(const std::error_code& error) noexcept {
  return is_clean_end(error) || means_try_again(error) ? errc::failed : error;
}

}  // namespace annulus
