#include "cli/stop_on_signal.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <system_error>

namespace annulus::cli {
namespace {

// Everything ends within a second of a signal.
constexpr int patience_ms = 900;

// Whether one of them became readable in time.
template <std::size_t Count>
bool wait(pollfd (&ends)[Count], int limit_ms) {
  for (;;) {
    const int ready = poll(ends, Count, limit_ms);
    if (ready >= 0 || errno != EINTR) return ready > 0;
  }
}

}  // namespace

stop_on_signal::stop_on_signal() : finished_(eventfd(0, EFD_CLOEXEC)) {
  if (!finished_) throw std::system_error(errno, std::generic_category(), "eventfd");
  watcher_ = std::thread([this] { watch(); });
}

stop_on_signal::~stop_on_signal() {
  eventfd_write(finished_.get(), 1);
  watcher_.join();
}

void stop_on_signal::watch() {
  pollfd either[] = {{signals_.fd(), POLLIN, 0}, {finished_.get(), POLLIN, 0}};
  wait(either, -1);
  if (either[0].revents == 0) return;
  source_.request_stop();
  pollfd end[] = {{finished_.get(), POLLIN, 0}};
  if (wait(end, patience_ms)) return;
  constexpr std::string_view sentence =
      "annulus: interrupted, but what it was doing did not end; left as a crash would leave it\n";
  // Standard error may be what it waits for.
  pollfd told[] = {{STDERR_FILENO, POLLOUT, 0}};
  if (wait(told, 0)) [[maybe_unused]]
    const auto n = ::write(STDERR_FILENO, sentence.data(), sentence.size());
  _exit(1);
}

}  // namespace annulus::cli
