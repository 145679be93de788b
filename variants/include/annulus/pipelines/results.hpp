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
struct allocation {
  bytes_span memory{};
  std::error_code error{};
};

/// How a flush ended.
struct flush_result {
  bool completed = false;   ///< the reader has completed: nothing more will be read
  bool cancelled = false;   ///< by cancel_pending_flush()
  std::error_code error{};  ///< of the call, or what the reader completed with
};

/// How an awaited wait for the end of all reading ended.
struct writing_result {
  std::error_code error{};  ///< of the call, or what the reader completed with
};

/// A snapshot of what is there. The read is open until it is advanced, unless there is an error;
/// annulus::errc::exceeds_capacity is the one error that comes with an open read and its bytes.
template <class Platform = std_platform>
struct basic_read_result {
  basic_readable_buffer<Platform> buffer{};
  bool completed = false;   ///< the writer has completed: these are the last bytes
  bool cancelled = false;   ///< by cancel_pending_read(); the bytes are good all the same
  std::error_code error{};  ///< of the call, or what the writer completed with
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
