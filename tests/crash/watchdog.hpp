// Ends a test that hangs, and says where both sides are.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <mutex>
#include <string>
#include <thread>

namespace annulus::crash {

/// While it lives, the test has so long; then `describe`'s words are printed and the process ends
/// with a core. Minutes: other work may share the machine, and a test that is only slow must pass.
class watchdog {
 public:
  explicit watchdog(std::function<std::string()> describe,
                    std::chrono::minutes patience = std::chrono::minutes(15))
      : thread_([this, describe = std::move(describe), patience] {
          std::unique_lock hold(mutex_);
          if (over_.wait_for(hold, patience, [this] { return done_; })) return;
          std::cerr << "no end after " << patience.count() << " minutes: " << describe() << '\n';
          std::abort();
        }) {}
  watchdog(const watchdog&) = delete;
  watchdog& operator=(const watchdog&) = delete;
  ~watchdog() {
    {
      const std::scoped_lock hold(mutex_);
      done_ = true;
    }
    over_.notify_one();
    thread_.join();
  }

 private:
  std::mutex mutex_;
  std::condition_variable over_;
  bool done_ = false;
  std::thread thread_;
};

}  // namespace annulus::crash
