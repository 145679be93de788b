// SIGINT and SIGTERM as a stop token.
#pragma once

#include <annulus/core/unique_fd.hpp>
#include <stop_token>
#include <thread>

#include "base/interruption.hpp"

namespace annulus::cli {

/// While it lives, SIGINT and SIGTERM request a stop instead of ending the process. Make it before
/// other threads, and before anything that can wait. A command that has not ended soon after the
/// request, because a disk does not answer, say, is ended as it is, with a sentence and status 1:
/// what it leaves is what a crash would.
class stop_on_signal {
 public:
  stop_on_signal();
  stop_on_signal(const stop_on_signal&) = delete;
  stop_on_signal& operator=(const stop_on_signal&) = delete;
  ~stop_on_signal();

  [[nodiscard]] std::stop_token token() const noexcept { return source_.get_token(); }
  /// Readable once a signal has arrived.
  [[nodiscard]] int fd() const noexcept { return signals_.fd(); }

 private:
  void watch();

  harness::interruption signals_;
  unique_fd finished_;
  std::stop_source source_;
  std::thread watcher_;
};

}  // namespace annulus::cli
