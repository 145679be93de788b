// The errors of the chunk log. What the operating system reports (ENOSPC, EIO, ...) is passed on as
// it is, in std::system_category.
#pragma once

#include <annulus/error.hpp>
#include <string>
#include <system_error>

namespace annulus::chunklog {

/// Why a call of the chunk log failed, besides the operating system's own errors.
enum class errc {
  locked = 1,               ///< another open log or view holds buffer.lock
  not_a_log,                ///< the directory holds neither a ledger nor a chunk
  bad_chunk_size,           ///< options::chunk_bytes is outside its limits
  bad_size_cap,             ///< options::max_bytes is less than two chunks
  record_too_large,         ///< the record is larger than a chunk or options::record_bytes allows
  chunk_numbers_exhausted,  ///< all 65536 chunk numbers are in use by unacknowledged chunks
  corrupt_record,           ///< a record that should be whole is not
  corrupt_ledger,           ///< the ledger contradicts the chunks
  missing_data,             ///< bytes or chunks that the ledger calls durable are not there
  log_full,                 ///< the log is at options::max_bytes
  dropped_records,          ///< records were deleted unread, to keep the log under its size cap
  closed,                   ///< append after close
  end_of_stream,            ///< the writer has closed and every record has been delivered
  would_block,              ///< a try_ call found nothing to deliver
  timed_out,                ///< the deadline passed first
  cancelled,                ///< the stop token fired first
  not_delivered,            ///< acknowledgement of a record that the reader has not delivered
  no_such_record,           ///< an index or ID that the view does not hold
  span_too_small,           ///< the payload does not fit the memory given for it
  not_a_file,               ///< a name of the log's is a link, a FIFO, a directory or a device
};

/// The category of `errc`. Thread-safe.
const std::error_category& log_category() noexcept;

/// How a wait ended is told by the code that the rings have for it, so that it compares equal to
/// both.
inline std::error_code make_error_code(errc value) noexcept {
  switch (value) {
    case errc::end_of_stream:
      return annulus::errc::end_of_stream;
    case errc::would_block:
      return annulus::errc::would_block;
    case errc::timed_out:
      return annulus::errc::timed_out;
    case errc::cancelled:
      return annulus::errc::cancelled;
    default:
      return {static_cast<int>(value), log_category()};
  }
}

/// The result of a call: clear, or an error and a sentence that names the file, the limit and the
/// value.
struct status {
  std::error_code error{};
  std::string message{};

  [[nodiscard]] bool ok() const noexcept { return !error; }
};

}  // namespace annulus::chunklog

template <>
struct std::is_error_code_enum<annulus::chunklog::errc> : std::true_type {};
