// A hang ends with both sides' state instead of silence.
#pragma once

#include <annulus/chunklog/log.hpp>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

namespace annulus::chunklog::test {

/// Aborts the test, with what the log says of itself, if it lives for longer than `limit`.
class watchdog {
 public:
  explicit watchdog(const chunk_log& log, std::chrono::minutes limit = std::chrono::minutes(4))
      : thread_([&log, limit](const std::stop_token& stop) {
          std::mutex mutex;
          std::condition_variable_any over;
          std::unique_lock hold(mutex);
          over.wait_for(hold, stop, limit, [] { return false; });
          if (stop.stop_requested()) return;
          std::fprintf(stderr, "hangs:\n%s", log.describe().c_str());
          std::abort();
        }) {}

 private:
  std::jthread thread_;
};

}  // namespace annulus::chunklog::test
