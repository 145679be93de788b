#include "files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <annulus/core/restarted.hpp>
#include <cerrno>

#include "system_error.hpp"

namespace annulus::pipeline {

const std::error_category& file_category() noexcept {
  class category final : public std::error_category {
    [[nodiscard]] const char* name() const noexcept override { return "file"; }
    [[nodiscard]] std::string message(int value) const override {
      return static_cast<file_errc>(value) == file_errc::not_regular ? "it is no regular file"
                                                                     : "it is too long";
    }
  };
  static const category instance;
  return instance;
}

regular_file open_regular(int directory, const char* name) {
  // O_NONBLOCK: a FIFO without a writer is no reason to wait.
  regular_file file{.fd = unique_fd(detail::restarted([&] {
                      return ::openat(directory, name,
                                      O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
                    }))};
  struct stat info {};
  if (!file.fd || fstat(file.fd.get(), &info) != 0) {
    const bool no_file = errno == ELOOP || errno == ENXIO;  // a link; a socket or a dead device
    file.error = no_file ? make_error_code(file_errc::not_regular) : last_error();
  } else if (!S_ISREG(info.st_mode)) {
    file.error = file_errc::not_regular;
  } else {
    file.bytes = static_cast<std::uint64_t>(info.st_size);
  }
  return file;
}

regular_file create_file(int directory, const char* name) {
  regular_file file{.fd = unique_fd(detail::restarted([&] {
                      return ::openat(directory, name,
                                      O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
                    }))};
  if (!file.fd) file.error = last_error();
  return file;
}

std::error_code read_file(int directory, const char* name, std::size_t most, std::string& text) {
  const auto file = open_regular(directory, name);
  if (file.error) return file.error;
  text.clear();
  char piece[4096];
  for (;;) {
    const auto n = ::read(file.fd.get(), piece, sizeof piece);
    if (n == 0) return {};
    if (n < 0 && errno != EINTR) return last_error();
    if (n > 0) text.append(piece, static_cast<std::size_t>(n));
    if (text.size() > most) return file_errc::too_long;
  }
}

std::size_t read_some(int fd, std::uint64_t offset, bytes_span out) noexcept {
  std::size_t done = 0;
  while (done < out.size()) {
    const auto n =
        ::pread(fd, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (n == 0 || (n < 0 && errno != EINTR)) break;
    if (n > 0) done += static_cast<std::size_t>(n);
  }
  return done;
}

bool read_fully(int fd, std::uint64_t offset, bytes_span out) noexcept {
  return read_some(fd, offset, out) == out.size();
}

std::error_code write_fully(int fd, std::uint64_t offset, bytes_view bytes) noexcept {
  for (std::size_t done = 0; done < bytes.size();) {
    const auto n =
        ::pwrite(fd, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno != EINTR) return last_error();
    if (n > 0) done += static_cast<std::size_t>(n);
  }
  return {};
}

std::error_code sync_file(int fd) noexcept {
  return detail::restarted([&] { return fsync(fd); }) == 0 ? std::error_code{} : last_error();
}

}  // namespace annulus::pipeline
