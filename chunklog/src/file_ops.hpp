// The one seam through which the log touches the file system. Each function finishes what it
// started: it retries EINTR and goes on after short reads and writes.
#pragma once

#include <annulus/transfer.hpp>
#include <annulus/unique_fd.hpp>
#include <cstdint>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

namespace annulus::chunklog::file_ops {

struct opened_file {
  unique_fd fd{};
  std::error_code error{};
};

struct file_size {
  std::uint64_t bytes = 0;
  std::error_code error{};
};

struct names {
  std::vector<std::string> names{};
  std::error_code error{};
};

enum class lock_mode { shared, exclusive };

/// mkdir -p; the entry of each directory that it makes is durable on return.
std::error_code make_directories(const std::filesystem::path& path);
opened_file open_directory(const std::filesystem::path& path);
names list(const std::filesystem::path& directory);

/// open(2) relative to a directory, with O_CLOEXEC and mode 0666.
opened_file open(int directory, const std::string& name, int flags);
std::error_code remove(int directory, const std::string& name);

file_size size(int fd);
/// Fills `to`; fewer bytes without an error: the file ends there.
transfer read_at(int fd, bytes_span to, std::uint64_t offset);
/// Writes `head`, then `parts`.
transfer write_at(int fd, bytes_view head, std::span<const bytes_view> parts, std::uint64_t offset);
std::error_code truncate(int fd, std::uint64_t bytes);
std::error_code sync_data(int fd);
std::error_code sync_directory(int fd);

/// flock(2) without waiting; `std::errc::resource_unavailable_try_again` when another holds it.
std::error_code lock(int fd, lock_mode mode);

}  // namespace annulus::chunklog::file_ops
