// The operating system's files by way of io_uring.
#pragma once

#include <annulus/chunklog/file_system.hpp>
#include <memory>
#include <system_error>

namespace annulus::chunklog {

struct made_uring_files {
  std::unique_ptr<file_system> files{};
  std::error_code error{};
};

/// Reads, writes and syncs of data go through io_uring, everything else as in `system_files()`. A
/// ring of the kernel's for each thread that is in a call at once, kept for the next one.
/// Thread-safe.
///
/// Errors: the kernel's, which may not have io_uring, or not for this process.
made_uring_files make_uring_files();

}  // namespace annulus::chunklog
