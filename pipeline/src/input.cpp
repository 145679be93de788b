#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <annulus/error.hpp>
#include <annulus/pipeline/error.hpp>
#include <annulus/pipeline/input.hpp>
#include <cerrno>

#include "format.hpp"
#include "system_error.hpp"
#include "vectored_io.hpp"

namespace annulus::pipeline {
namespace {

// Waits until a stream can be read without blocking, or for a stop.
std::error_code wait_readable(int fd, const std::stop_token& stop) {
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

}  // namespace

input input::open(const std::filesystem::path& path) {
  if (path == "-") return {unique_fd(), STDIN_FILENO, "standard input"};
  const auto refuse = [&](const std::string& why) {
    throw error(error_kind::failed, formatted("input {} cannot be read: {}", path.string(), why));
  };
  unique_fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) refuse(last_error().message());
  struct stat info {};
  if (fstat(fd.get(), &info) != 0) refuse(last_error().message());
  if (S_ISDIR(info.st_mode)) refuse("it is a directory");
  const auto number = fd.get();
  input opened(std::move(fd), number, path.string());
  if (S_ISREG(info.st_mode)) {
    opened.size_ = static_cast<std::uint64_t>(info.st_size);
    posix_fadvise(number, 0, 0, POSIX_FADV_SEQUENTIAL);
  }
  return opened;
}

std::filesystem::path input::place() const {
  std::error_code unknown;
  return std::filesystem::read_symlink(formatted("/proc/self/fd/{}", fd_), unknown);
}

transfer input::read(bytes_span to, const std::stop_token& stop) {
  std::size_t done = 0;
  while (done < to.size()) {
    if (!size_) {
      if (const auto stopped = wait_readable(fd_, stop)) return {done, stopped};
    }
    const auto n = ::read(fd_, to.data() + done, to.size() - done);
    if (n == 0) break;
    if (n < 0 && errno != EINTR) return {done, last_error()};
    if (n > 0) done += static_cast<std::size_t>(n);
  }
  return {done, {}};
}

std::error_code input::read_exactly(std::span<iovec> pieces) {
  return through_all(pieces, [this](iovec* to, int count) { return ::readv(fd_, to, count); });
}

}  // namespace annulus::pipeline
