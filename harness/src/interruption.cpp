#include "interruption.hpp"

#include <fmt/format.h>
#include <pthread.h>
#include <sys/signalfd.h>

#include <cerrno>
#include <cstring>

#include "error.hpp"

namespace annulus::harness {

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
}

interruption::~interruption() {
  signalfd_siginfo taken{};
  while (read(fd_.get(), &taken, sizeof taken) == sizeof taken) {
  }
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

}  // namespace annulus::harness
