// SIGINT and SIGTERM as something to wait for.
#pragma once

#include <annulus/unique_fd.hpp>
#include <csignal>

namespace annulus::harness {

/// While it lives, SIGINT and SIGTERM to this thread no longer kill but make `fd` readable. Make it
/// before other threads start: they inherit this.
class interruption {
 public:
  /// Throws `error` if the kernel gives no descriptor.
  interruption();
  /// Takes what has arrived, then restores what signals did before.
  ~interruption();
  interruption(const interruption&) = delete;
  interruption& operator=(const interruption&) = delete;

  [[nodiscard]] int fd() const noexcept { return fd_.get(); }

 private:
  sigset_t before_{};
  unique_fd fd_;
};

}  // namespace annulus::harness
