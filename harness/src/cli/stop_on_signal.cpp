#include "stop_on_signal.hpp"

#include <poll.h>
#include <sys/eventfd.h>

#include <cerrno>
#include <system_error>

namespace annulus::cli {

stop_on_signal::stop_on_signal() : finished_(eventfd(0, EFD_CLOEXEC)) {
  if (!finished_) throw std::system_error(errno, std::generic_category(), "eventfd");
  watcher_ = std::thread([this] {
    pollfd waits[] = {{signals_.fd(), POLLIN, 0}, {finished_.get(), POLLIN, 0}};
    while (poll(waits, 2, -1) < 0 && errno == EINTR) {
    }
    if (waits[0].revents != 0) source_.request_stop();
  });
}

stop_on_signal::~stop_on_signal() {
  eventfd_write(finished_.get(), 1);
  watcher_.join();
}

}  // namespace annulus::cli
