// Coroutines that wait for descriptors, on one thread.
#pragma once

#include <sys/epoll.h>

#include <algorithm>
#include <annulus/core/unique_fd.hpp>
#include <array>
#include <cerrno>
#include <chrono>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <system_error>
#include <utility>
#include <vector>

namespace resp_server {

using annulus::unique_fd;

/// What `number` of a system call means, thrown.
[[noreturn]] inline void throw_errno(const char* call, int number = errno) {
  throw std::system_error(number, std::generic_category(), call);
}

/// epoll(7), level-triggered.
class poller {
 public:
  /// A descriptor of which one coroutine at a time awaits events. Must not move.
  class watched {
   public:
    /// Throws std::system_error.
    watched(poller& by, unique_fd fd) : by_(by), fd_(std::move(fd)) {
      epoll_event wanted{0, {.ptr = this}};
      if (epoll_ctl(by_.epoll_.get(), EPOLL_CTL_ADD, fd_.get(), &wanted) != 0)
        throw_errno("epoll_ctl");
    }
    watched(const watched&) = delete;
    watched& operator=(const watched&) = delete;
    ~watched() { std::erase(by_.roused_, this); }

    [[nodiscard]] int fd() const noexcept { return fd_.get(); }
    /// `co_await fd.ready(EPOLLIN)` goes on from poller::run once there is one of these events, or
    /// an error or a hang-up. A system call only if other events are wanted than before.
    auto ready(std::uint32_t events) {
      struct awaitable {
        watched& of;
        std::uint32_t events;
        [[nodiscard]] bool await_ready() const noexcept { return false; }
        void await_suspend(std::coroutine_handle<> waiting) const {
          of.waiting_ = waiting;
          of.want(events);
        }
        void await_resume() const noexcept {}
      };
      return awaitable{*this, events};
    }

    /// Whoever awaits it goes on from the next poller::run_once, whatever it awaits.
    void rouse() { by_.roused_.push_back(this); }

   private:
    friend poller;
    void want(std::uint32_t events) {
      if (events == std::exchange(events_, events)) return;
      epoll_event wanted{events, {.ptr = this}};
      if (epoll_ctl(by_.epoll_.get(), EPOLL_CTL_MOD, fd_.get(), &wanted) != 0)
        throw_errno("epoll_ctl");
    }

    poller& by_;
    unique_fd fd_;
    std::uint32_t events_ = 0;
    std::coroutine_handle<> waiting_{};
  };

  /// Throws std::system_error.
  poller() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    if (!epoll_) throw_errno("epoll_create1");
  }

  /// Waits for events, for `longest` at most if it is not negative, and resumes who awaits them.
  /// Throws std::system_error.
  void run_once(std::chrono::milliseconds longest) {
    while (!roused_.empty()) {
      auto& next = *roused_.back();
      roused_.pop_back();
      go_on(next);
    }
    std::array<epoll_event, 64> events;
    const int n = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                             static_cast<int>(std::min(longest, longest_timeout).count()));
    if (n < 0 && errno != EINTR) throw_errno("epoll_wait");
    for (int i = 0; i < n; ++i) {
      // One event a descriptor, and a coroutine ends only its own: none of the rest is gone.
      go_on(*static_cast<watched*>(events[static_cast<std::size_t>(i)].data.ptr));
    }
  }

 private:
  static constexpr std::chrono::milliseconds longest_timeout{std::numeric_limits<int>::max()};

  static void go_on(watched& ready) {
    if (ready.waiting_) std::exchange(ready.waiting_, {}).resume();
  }

  unique_fd epoll_;
  std::vector<watched*> roused_;
};

}  // namespace resp_server
