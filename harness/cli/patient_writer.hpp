// Writing to what can make one wait: pipes, terminals, sockets, devices.
#pragma once

#include <annulus/core/unique_fd.hpp>
#include <annulus/transfer.hpp>
#include <cstddef>
#include <system_error>

namespace annulus::cli {

/// Writes to a descriptor, whether or not whoever opened it made it non-blocking. A wait for a
/// reader ends on SIGINT and SIGTERM, also where they are watched (harness::interruption).
class patient_writer {
 public:
  /// Borrows `fd`.
  explicit patient_writer(int fd);

  /// Writes all of it. errc::cancelled if a signal came first; a reader that is gone is EPIPE,
  /// provided that SIGPIPE is ignored.
  std::error_code write(bytes_view bytes);

 private:
  int fd_;
  unique_fd own_;      // the same pipe or terminal, opened once more to be non-blocking
  bool waits_ = true;  // false for files
  std::size_t piece_;  // as much as a blocking write surely takes once it may
};

}  // namespace annulus::cli
