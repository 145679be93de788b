// The seam between the chunk log and a disk: everything that the log does to files goes through
// here, so that tests record it, break it, and build the disks that a crash may leave.
#pragma once

#include <annulus/chunklog/error.hpp>
#include <annulus/core/unique_fd.hpp>
#include <annulus/transfer.hpp>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <system_error>
#include <vector>

namespace annulus::chunklog {

struct opened_file {
  unique_fd fd{};
  std::error_code error{};
};

struct file_size {
  std::uint64_t bytes = 0;
  std::error_code error{};
};

struct directory_entry {
  std::string name{};
  bool regular = false;  ///< a regular file, and no link to one
};

struct directory_entries {
  std::vector<directory_entry> entries{};
  std::error_code error{};
};

enum class lock_mode { shared, exclusive };

/// The operations on files, each as its system call says, interruptions retried. Errors are the
/// operating system's, but for `errc::not_a_file` of `open`. Thread-safe for different files; for
/// one file as the system call is. Descriptors are the process's own, so that any file system can
/// read what another has opened.
class file_system {
 public:
  file_system() = default;
  file_system(const file_system&) = delete;
  file_system& operator=(const file_system&) = delete;
  virtual ~file_system() = default;

  /// mkdir -p; the entry of each directory that it makes is durable on return.
  virtual std::error_code make_directories(const std::filesystem::path& path) = 0;
  virtual opened_file open_directory(const std::filesystem::path& path) = 0;
  /// The directory once more, with a descriptor of its own, whatever its path leads to by now.
  virtual opened_file reopen_directory(int directory) = 0;
  /// The entries of a directory, in no order, without "." and "..".
  virtual directory_entries list(int directory) = 0;

  /// openat(2), with O_CLOEXEC and mode 0666, for regular files only: `errc::not_a_file` for
  /// whatever else has the name. No link is followed, no FIFO waited for.
  virtual opened_file open(int directory, const std::string& name, int flags) = 0;
  virtual std::error_code rename(int directory, const std::string& from, const std::string& to) = 0;
  virtual std::error_code remove(int directory, const std::string& name) = 0;
  /// Makes a directory's entries durable.
  virtual std::error_code sync_directory(int directory) = 0;

  virtual file_size size(int fd) = 0;
  /// Fills `to`; fewer bytes without an error: the file ends there.
  virtual transfer read(int fd, bytes_span to, std::uint64_t offset) = 0;
  /// Writes `parts`, one behind the other: all of them, or an error and how many bytes went before.
  virtual transfer write(int fd, std::span<const bytes_view> parts, std::uint64_t offset) = 0;
  virtual std::error_code truncate(int fd, std::uint64_t bytes) = 0;
  /// Reserves disk space up to `bytes` without changing the file's size.
  virtual std::error_code allocate(int fd, std::uint64_t bytes) = 0;
  /// fdatasync(2): the file's bytes, and its size, are durable.
  virtual std::error_code sync_data(int fd) = 0;

  /// flock(2) without waiting; `std::errc::resource_unavailable_try_again` when another holds it.
  virtual std::error_code lock(int fd, lock_mode mode) = 0;
};

/// The operating system's files. Thread-safe.
file_system& system_files() noexcept;

}  // namespace annulus::chunklog
