// The errors of the ring contract, as std::error_code, so that a caller's own errors (an errno, a
// quorum failure) travel through `close(error)` unchanged.
#pragma once

#include <string>
#include <system_error>

namespace annulus {

/// Why a ring call stopped, or could not be made. Every ring returns these and no others, besides
/// what `close(error)` was given and `std::errc::not_enough_memory`.
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
  destroyed,             ///< the ring was destroyed while this end waited
  peer_died,             ///< the process at the other end is gone
  no_such_node,          ///< a memory policy names a NUMA node that this process may not use
  no_huge_pages,         ///< huge_pages::always, and there are not enough of them
  no_memory_policy,      ///< a memory policy for a ring whose memory takes none
  foreign_error,         ///< the other process failed with an error that has no meaning in this one
  not_a_shared_ring,     ///< a file that holds no shared ring, or one of another kind
  end_taken,             ///< an end of a shared ring that has been attached before
  corrupted,             ///< the other process wrote what no ring writes into a shared ring
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
          return "ring is closed";
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
          return "ring was destroyed";
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
