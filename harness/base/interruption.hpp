// SIGINT and SIGTERM as something to wait for.
#pragma once

#include <annulus/core/unique_fd.hpp>
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

  /// `fd` of the one that lives, for whoever waits for something else; -1 if none does.
  [[nodiscard]] static int current() noexcept;
  /// Whether a signal has arrived while one lives.
  [[nodiscard]] static bool pending() noexcept;

 private:
  sigset_t before_{};
  unique_fd fd_;
  int outer_ = -1;  // current() before this one
};

/// Whether `fd` can be read without waiting; false for a negative one.
bool is_readable(int fd) noexcept;

}  // namespace annulus::harness
