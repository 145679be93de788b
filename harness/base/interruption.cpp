#include "base/interruption.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <pthread.h>
#include <sys/signalfd.h>

#include <atomic>
#include <cerrno>
#include <cstring>

#include "base/error.hpp"

namespace annulus::harness {
namespace {

// Set and read by the thread that makes interruptions and by those it starts later.
std::atomic<int> living{-1};

}  // namespace

bool is_readable(int fd) noexcept {
  pollfd at{fd, POLLIN, 0};
  return fd >= 0 && poll(&at, 1, 0) > 0;
}

int interruption::current() noexcept {
  // A number only; the descriptor is the kernel's to order.
  return living.load(std::memory_order_relaxed);
}

bool interruption::pending() noexcept {
  return is_readable(current());
}

interruption::interruption() {
  sigset_t watched;
  sigemptyset(&watched);
  sigaddset(&watched, SIGINT);
  sigaddset(&watched, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &watched, &before_);
  fd_ = unique_fd(signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK));
  if (fd_.get() < 0) {
    const int code = errno;
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    throw error(fmt::format("signals cannot be watched: {}", std::strerror(code)));
  }
  outer_ = living.exchange(fd_.get(), std::memory_order_relaxed);
}

interruption::~interruption() {
  living.store(outer_, std::memory_order_relaxed);
  signalfd_siginfo taken{};
  while (read(fd_.get(), &taken, sizeof taken) == sizeof taken) {
  }
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

}  // namespace annulus::harness
