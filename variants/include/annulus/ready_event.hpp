// A descriptor for epoll that becomes readable when an end can go on.
#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <annulus/core/platform.hpp>
#include <annulus/until.hpp>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <system_error>

namespace annulus {

/// An eventfd armed on one end at a time. Arm it, wait for fd() to become readable, clear() it, and
/// use the try_ calls until they would block; then arm it anew. All calls but the notification
/// itself belong to the thread of the end. Disarm it before it or the ring goes.
class ready_event : private waker {
 public:
  /// Throws std::system_error with the kernel's reason.
  ready_event() : waker(&notified), fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  }
  ready_event(const ready_event&) = delete;
  ready_event& operator=(const ready_event&) = delete;
  ~ready_event() { ::close(fd_); }

  [[nodiscard]] int fd() const noexcept { return fd_; }

  /// Has fd() become readable once `end` can move `min` bytes, or its stream ends or fails, or is
  /// woken. False, and nothing armed, if it can already. O(1), one kernel call.
  template <class End>
  bool arm(End& end, std::size_t min) {
    // Relaxed: nobody is told of this arming before arm() below has published it.
    pending_.fetch_add(1, std::memory_order_relaxed);
    if (end.arm(min, *this)) return true;
    pending_.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }

  /// Afterwards no notification is on its way. fd() may be readable.
  template <class End>
  void disarm(End& end) {
    if (end.disarm(*this)) pending_.fetch_sub(1, std::memory_order_relaxed);
    // Somebody may be notifying at this moment. Acquire: pairs with the release in notified().
    while (pending_.load(std::memory_order_acquire) != 0) std_platform::yield();
  }

  /// Makes fd() unreadable again.
  void clear() noexcept {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto drained = ::read(fd_, &count, sizeof count);
  }

 private:
  static void notified(waker& self) noexcept {
    auto& event = static_cast<ready_event&>(self);
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(event.fd_, &one, sizeof one);
    event.pending_.fetch_sub(1, std::memory_order_release);  // pairs with disarm(); the last touch
  }

  int fd_;
  // Armings whose notification is not over. More than one where the descriptor has told of one
  // whose notifier is not gone yet, and the event is armed anew.
  std::atomic<int> pending_{0};
};

}  // namespace annulus
