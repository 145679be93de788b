// A path that leads to the memory of a shared ring.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <annulus/core/restarted.hpp>
#include <annulus/core/unique_fd.hpp>
#include <cerrno>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

namespace annulus {

/// A symbolic link to a descriptor of this process, in /proc. Memory that nobody can shorten has no
/// place in a file system; a file that has one can be shortened by whoever may write it. Removes
/// the link at its end, if it is still this process's. Movable.
class shared_name {
 public:
  /// Throws std::system_error with the kernel's reason.
  shared_name(std::filesystem::path path, int fd) : path_(std::move(path)), fd_(fd) {
    if (symlink(target().c_str(), path_.c_str()) != 0) {
      throw std::system_error(errno, std::generic_category(), "new shared ring " + path_.string());
    }
  }
  shared_name(shared_name&& other) noexcept
      : path_(std::exchange(other.path_, {})), fd_(other.fd_) {}
  shared_name& operator=(shared_name&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(fd_, other.fd_);
    return *this;
  }
  shared_name(const shared_name&) = delete;
  shared_name& operator=(const shared_name&) = delete;
  ~shared_name() {
    if (path_.empty()) return;
    std::error_code unknown;
    // Not that of another ring, nor, in a child of fork(), the parent's.
    if (std::filesystem::read_symlink(path_, unknown) == target()) unlink(path_.c_str());
  }

  /// Whatever `path` leads to, without waiting for it, whatever it is. Throws as above.
  static unique_fd open(const std::filesystem::path& path) {
    unique_fd file(detail::restarted(
        [&] { return ::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY); }));
    if (file) return file;
    const auto error = errno;
    std::error_code unknown;
    const bool gone = error == ENOENT &&
                      std::filesystem::is_symlink(std::filesystem::symlink_status(path, unknown));
    throw std::system_error(
        error, std::generic_category(),
        "shared ring " + path.string() + (gone ? ", whose process has ended or let go of it" : ""));
  }

 private:
  [[nodiscard]] std::string target() const {
    return "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(fd_);
  }

  std::filesystem::path path_;
  int fd_;
};

}  // namespace annulus
