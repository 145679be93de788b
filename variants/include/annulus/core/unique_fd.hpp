// A file descriptor with one owner.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

namespace annulus {

/// Owns one file descriptor, or none, and closes it. An error of close(2) is dropped: whoever needs
/// to know that bytes are safe has synced them before. Not thread-safe.
class unique_fd {
 public:
  unique_fd() = default;
  /// Takes `fd` over; a negative number stands for none.
  explicit unique_fd(int fd) noexcept : fd_(fd) {}
  unique_fd(unique_fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  unique_fd& operator=(unique_fd&& other) noexcept {
    unique_fd taken(std::move(other));
    std::swap(fd_, taken.fd_);
    return *this;
  }
  unique_fd(const unique_fd&) = delete;
  unique_fd& operator=(const unique_fd&) = delete;
  ~unique_fd() {
    if (fd_ >= 0) ::close(fd_);
  }

  /// The descriptor, still owned here; negative if there is none.
  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] explicit operator bool() const noexcept { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// Owns what a system call for `what` returned. Throws std::system_error with errno if that is
/// negative.
inline unique_fd owned(int fd, const std::string& call) {
  if (fd < 0) throw std::system_error(errno, std::generic_category(), call);
  return unique_fd(fd);
}

}  // namespace annulus
