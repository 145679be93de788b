// What the calls of a pipe return.
#pragma once

#include <annulus/pipelines/readable_buffer.hpp>
#include <annulus/stats.hpp>
#include <annulus/transfer.hpp>
#include <cstddef>
#include <cstdint>
#include <system_error>

namespace annulus::pipelines {

/// Memory to write to; empty exactly when there is an error.
struct [[nodiscard]] allocation {
  bytes_span memory{};
  std::error_code error{};
};

/// How an awaited flush, or wait for the end of all reading, ended.
struct [[nodiscard]] outcome {
  std::error_code error{};  ///< what the call that waits for it returns
};

/// A snapshot of what is there. The read is open until it is advanced, unless there is an error;
/// errc::exceeds_capacity is the one error that comes with an open read and its bytes.
template <class Platform = std_platform>
struct [[nodiscard]] basic_read_result {
  basic_readable_buffer<Platform> buffer{};
  bool closed = false;      ///< the writer has closed: these are the last bytes
  std::error_code error{};  ///< of the call, or what the writer closed with
};
using read_result = basic_read_result<>;

/// A snapshot, taken under the pipe's lock.
struct pipe_stats {
  end_stats writer{};                   ///< bytes are those committed
  end_stats reader{};                   ///< bytes are those consumed
  std::uint64_t lock_acquisitions = 0;  ///< by calls of either end
  std::uint64_t leases = 0;             ///< segments had from the pool
  std::uint64_t allocations = 0;        ///< segments that the pool had from the heap
  std::size_t segments = 0;             ///< now out of the pool: chained, stocked or pinned
  std::size_t pinned_bytes = 0;         ///< memory that preserved buffers refer to
  std::size_t buffered = 0;             ///< bytes committed and not consumed
  std::size_t unexamined = 0;           ///< bytes committed and not examined
};

}  // namespace annulus::pipelines
