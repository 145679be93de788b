#include "cli/patient_writer.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <annulus/core/restarted.hpp>
#include <annulus/error.hpp>
#include <array>
#include <cerrno>
#include <climits>
#include <limits>

#include "base/interruption.hpp"
#include "base/system_words.hpp"

namespace annulus::cli {
namespace {

using harness::last_error;

std::error_code wait_writable(int fd) {
  std::array<pollfd, 2> ends{{{fd, POLLOUT, 0}, {harness::interruption::current(), POLLIN, 0}}};
  while (poll(ends.data(), ends.size(), -1) < 0) {
    if (errno != EINTR) return last_error();
  }
  return ends[0].revents != 0 ? std::error_code{} : make_error_code(errc::cancelled);
}

}  // namespace

patient_writer::patient_writer(int fd) : fd_(fd), piece_(std::numeric_limits<std::size_t>::max()) {
  struct stat info {};
  if (fstat(fd, &info) == 0 && (S_ISREG(info.st_mode) || S_ISBLK(info.st_mode))) {
    waits_ = false;
    return;
  }
  if ((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0) return;
  // Non-blocking is a property of the description, which others may share.
  if (S_ISFIFO(info.st_mode) || isatty(fd) == 1) {
    own_ = unique_fd(detail::restarted([&] {
      return ::open(fmt::format("/proc/self/fd/{}", fd).c_str(),
                    O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    }));
  }
  if (own_) {
    fd_ = own_.get();
  } else {
    piece_ = PIPE_BUF;
  }
}

std::error_code patient_writer::write(bytes_view bytes) {
  while (!bytes.empty()) {
    if (waits_) {
      if (const auto stopped = wait_writable(fd_)) return stopped;
    }
    const auto n = ::write(fd_, bytes.data(), std::min(bytes.size(), piece_));
    if (n < 0 && errno != EINTR && errno != EAGAIN) return last_error();
    if (n > 0) bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return {};
}

}  // namespace annulus::cli
