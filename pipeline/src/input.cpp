#include <fcntl.h>
#include <linux/fs.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <annulus/core/restarted.hpp>
#include <annulus/error.hpp>
#include <annulus/pipeline/error.hpp>
#include <annulus/pipeline/escaped.hpp>
#include <annulus/pipeline/input.hpp>
#include <cerrno>
#include <climits>

#include "format.hpp"
#include "system_error.hpp"
#include "vectored_io.hpp"

namespace annulus::pipeline {
namespace {

// Waits until it can be read without blocking, or for a stop. Files always can.
std::error_code wait_readable(int fd, const std::stop_token& stop) {
  pollfd now{fd, POLLIN, 0};
  if (!stop.stop_possible()) {
    while (poll(&now, 1, -1) < 0) {
      if (errno != EINTR) return last_error();
    }
    return {};
  }
  if (poll(&now, 1, 0) > 0) return {};
  const unique_fd event(eventfd(0, EFD_CLOEXEC));
  if (!event) return last_error();
  const std::stop_callback on_stop(stop, [&event] { eventfd_write(event.get(), 1); });
  for (;;) {
    pollfd waits[] = {{fd, POLLIN, 0}, {event.get(), POLLIN, 0}};
    if (poll(waits, 2, -1) < 0 && errno != EINTR) return last_error();
    if (stop.stop_requested()) return errc::cancelled;
    if (waits[0].revents != 0) return {};
  }
}

std::optional<std::uint64_t> stated_size(int fd, const struct stat& info) {
  if (S_ISREG(info.st_mode)) return static_cast<std::uint64_t>(info.st_size);
  std::uint64_t bytes = 0;
  if (S_ISBLK(info.st_mode) && ioctl(fd, BLKGETSIZE64, &bytes) == 0) return bytes;
  return std::nullopt;
}

[[noreturn]] void refuse(const std::string& name, const std::string& why) {
  throw error(error_kind::failed, formatted("input {} cannot be read: {}", name, why));
}

}  // namespace

input input::open(const std::filesystem::path& path) {
  if (path == "-") {
    constexpr auto name = "standard input";
    const int flags = fcntl(STDIN_FILENO, F_GETFL);
    if (flags < 0 || (flags & O_ACCMODE) == O_WRONLY) refuse(name, "it is closed");
    return {unique_fd(), STDIN_FILENO, name};
  }
  const auto name = escaped(path);
  // Not blocking: that would wait for a FIFO's writer, where no signal is looked at.
  unique_fd fd(detail::restarted(
      [&] { return ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC); }));
  if (!fd) refuse(name, last_error().message());
  struct stat info {};
  if (fstat(fd.get(), &info) != 0) refuse(name, last_error().message());
  if (S_ISDIR(info.st_mode)) refuse(name, "it is a directory");
  const auto number = fd.get();
  input opened(std::move(fd), number, name);
  opened.size_hint_ = stated_size(number, info);
  posix_fadvise(number, 0, 0, POSIX_FADV_SEQUENTIAL);
  return opened;
}

std::filesystem::path input::place() const {
  std::error_code unknown;
  return std::filesystem::read_symlink(formatted("/proc/self/fd/{}", fd_), unknown);
}

transfer input::read(bytes_span to, const std::stop_token& stop) {
  if (to.empty()) return {};
  iovec piece{to.data(), to.size()};
  return read({&piece, 1}, stop);
}

transfer input::read(std::span<iovec> to, const std::stop_token& stop) {
  std::size_t done = 0;
  while (!to.empty() && !ended_) {
    if (const auto stopped = wait_readable(fd_, stop)) return {done, stopped};
    const auto count = static_cast<int>(std::min<std::size_t>(to.size(), IOV_MAX));
    const auto n = ::readv(fd_, to.data(), count);
    ended_ = n == 0;
    // Another reader of a stream may have been quicker.
    if (n < 0 && errno != EINTR && errno != EAGAIN) return {done, last_error()};
    if (n <= 0) continue;
    done += static_cast<std::size_t>(n);
    to = behind(to, static_cast<std::size_t>(n));
  }
  return {done, {}};
}

}  // namespace annulus::pipeline
