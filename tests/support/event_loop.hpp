// A thread for coroutines to come back to.
#pragma once

#include <condition_variable>
#include <coroutine>
#include <deque>
#include <mutex>
#include <thread>

namespace annulus::testing {

/// One thread that resumes what is posted to it.
class event_loop {
 public:
  event_loop() : thread_([this] { run(); }) {}
  event_loop(const event_loop&) = delete;
  event_loop& operator=(const event_loop&) = delete;
  ~event_loop() {
    post({});
    thread_.join();
  }

  /// `co_await loop.enter()` goes on on the thread of the loop.
  auto enter() noexcept {
    struct awaitable {
      event_loop& loop;
      [[nodiscard]] bool await_ready() const noexcept {
        return std::this_thread::get_id() == loop.thread_.get_id();
      }
      void await_suspend(std::coroutine_handle<> waiting) const { loop.post(waiting); }
      void await_resume() const noexcept {}
    };
    return awaitable{*this};
  }

 private:
  void post(std::coroutine_handle<> what) {
    {
      const std::scoped_lock held(mutex_);
      posted_.push_back(what);
    }
    changed_.notify_one();
  }
  void run() {
    for (;;) {
      std::unique_lock held(mutex_);
      changed_.wait(held, [this] { return !posted_.empty(); });
      const auto next = posted_.front();
      posted_.pop_front();
      held.unlock();
      if (!next) return;
      next.resume();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::coroutine_handle<>> posted_;
  std::thread thread_;
};

}  // namespace annulus::testing
