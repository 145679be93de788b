// Where both ends are, for the watchdog to print when nothing moves.
#pragma once

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>

namespace annulus::stress {

/// What one end is doing. Relaxed throughout: it is only looked at.
class whereabouts {
 public:
  void enters(const char* call, std::size_t bytes, std::uint64_t position) noexcept {
    call_.store(call, std::memory_order_relaxed);
    bytes_.store(bytes, std::memory_order_relaxed);
    position_.store(position, std::memory_order_relaxed);
    steps_.fetch_add(1, std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t steps() const noexcept {
    return steps_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::string text() const {
    return std::string(call_.load(std::memory_order_relaxed)) + " of " +
           std::to_string(bytes_.load(std::memory_order_relaxed)) + " bytes at position " +
           std::to_string(position_.load(std::memory_order_relaxed));
  }

 private:
  std::atomic<const char*> call_{"nothing"};
  std::atomic<std::size_t> bytes_{0};
  std::atomic<std::uint64_t> position_{0};
  std::atomic<std::uint64_t> steps_{0};
};

/// Both ends, and the stream that they are in.
struct journal {
  whereabouts writer;
  whereabouts reader;

  void starts(std::string stream) {
    const std::scoped_lock held(mutex_);
    stream_ = std::move(stream);
  }
  [[nodiscard]] std::string stream() const {
    const std::scoped_lock held(mutex_);
    return stream_;
  }

 private:
  mutable std::mutex mutex_;
  std::string stream_;
};

/// Ends the process, after printing both ends, when neither has taken a step for `patience`.
class watchdog {
 public:
  explicit watchdog(const journal& watched,
                    std::chrono::seconds patience = std::chrono::seconds(30))
      : watched_(watched), patience_(patience), thread_([this] { watch(); }) {}
  watchdog(const watchdog&) = delete;
  watchdog& operator=(const watchdog&) = delete;
  ~watchdog() {
    {
      const std::scoped_lock held(mutex_);
      done_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }

 private:
  void watch() {
    std::unique_lock held(mutex_);
    for (;;) {
      const auto before = watched_.writer.steps() + watched_.reader.steps();
      if (changed_.wait_for(held, patience_, [this] { return done_; })) return;
      if (watched_.writer.steps() + watched_.reader.steps() != before) continue;
      std::fprintf(stderr, "nothing has moved for %lld s in %s\n  writer: %s\n  reader: %s\n",
                   static_cast<long long>(patience_.count()), watched_.stream().c_str(),
                   watched_.writer.text().c_str(), watched_.reader.text().c_str());
      std::_Exit(EXIT_FAILURE);  // both threads hang: nothing can be unwound
    }
  }

  const journal& watched_;
  std::chrono::seconds patience_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
  std::thread thread_;
};

}  // namespace annulus::stress
