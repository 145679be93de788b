// pipe(2).
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <annulus/core/unique_fd.hpp>
#include <annulus/transfer.hpp>
#include <cerrno>
#include <system_error>

namespace annulus::bench {

/// Made as large as the ring, or as near to it as this user may.
class kernel_pipe {
 public:
  static constexpr auto name = "kernel-pipe";
  explicit kernel_pipe(std::size_t bytes) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) refuse("pipe2");
    out_ = unique_fd(ends[0]);
    in_ = unique_fd(ends[1]);
    for (auto size = bytes; size > 0 && fcntl(ends[1], F_SETPIPE_SZ, static_cast<int>(size)) < 0;)
      size /= 2;
  }

  [[gnu::always_inline]] void write(bytes_view from) {
    while (!from.empty()) {
      const auto n = ::write(in_.get(), from.data(), from.size());
      if (n < 0) refuse("write to a pipe");
      from = from.subspan(static_cast<std::size_t>(n));
    }
  }
  [[gnu::always_inline]] void read(bytes_span to) {
    while (!to.empty()) {
      const auto n = ::read(out_.get(), to.data(), to.size());
      if (n < 0) refuse("read from a pipe");
      to = to.subspan(static_cast<std::size_t>(n));
    }
  }

 private:
  [[noreturn]] static void refuse(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
  }
  unique_fd out_;
  unique_fd in_;
};

}  // namespace annulus::bench
