// Notices that the process at the other end of a shared ring is gone.
#pragma once

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <annulus/core/process_identity.hpp>
#include <annulus/core/restarted.hpp>
#include <annulus/core/shared_platform.hpp>
#include <annulus/core/unique_fd.hpp>
#include <annulus/error.hpp>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <system_error>
#include <thread>
#include <utility>

namespace annulus {

/// A thread that sleeps until the peer attaches, then until its process is gone, and then says so
/// once. It polls a pidfd, so it costs nothing while the peer lives and needs no timeout.
class peer_watch {
 public:
  /// Called from the watching thread, with errc::peer_died, or with the kernel's reason why the
  /// peer cannot be watched. Must not throw.
  using report = std::function<void(std::error_code)>;

  /// `peer` becomes a process_identity and never changes again; then `arrivals` is bumped and
  /// woken. Throws std::system_error if there is no descriptor or thread to be had.
  peer_watch(const std::atomic<std::uint64_t>& peer, std::atomic<std::uint32_t>& arrivals,
             report lost)
      : peer_(peer),
        arrivals_(arrivals),
        lost_(std::move(lost)),
        stopped_(owned(eventfd(0, EFD_CLOEXEC), "eventfd")) {
    const no_signals here;  // inherited: the caller's handlers never run on the watching thread
    thread_ = std::jthread([this](const std::stop_token& stop) { watch(stop); });
  }
  peer_watch(const peer_watch&) = delete;
  peer_watch& operator=(const peer_watch&) = delete;
  ~peer_watch() {
    thread_.request_stop();
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(stopped_.get(), &one, sizeof one);
    announce(arrivals_);
  }

  /// Has every watch look again who has attached.
  static void announce(std::atomic<std::uint32_t>& arrivals) noexcept {
    arrivals.fetch_add(1, std::memory_order_release);  // pairs with the acquire in await_peer()
    shared_platform::futex_wake(arrivals);
  }

 private:
  class no_signals {
   public:
    no_signals() noexcept {
      sigset_t all;
      sigfillset(&all);
      pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    no_signals(const no_signals&) = delete;
    no_signals& operator=(const no_signals&) = delete;
    ~no_signals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

   private:
    sigset_t before_{};
  };

  void watch(const std::stop_token& stop) {
    const auto peer = await_peer(stop);
    if (!peer) return;
    const auto pidfd = static_cast<int>(syscall(SYS_pidfd_open, peer.pid(), 0));
    if (pidfd < 0) {
      lost_(errno == ESRCH ? make_error_code(errc::peer_died)
                           : std::error_code(errno, std::generic_category()));
      return;
    }
    const auto process = owned(pidfd, "pidfd_open");
    // Asked only now: whoever has the number at this moment is whom the pidfd speaks of.
    if (peer.replaced() || await_end(process.get())) lost_(errc::peer_died);
  }

  process_identity await_peer(const std::stop_token& stop) const {
    for (;;) {
      // Acquire: pairs with announce(); an arrival or a stop that it announced is seen below, and
      // one that comes later makes the ticket void.
      const auto ticket = arrivals_.load(std::memory_order_acquire);
      if (stop.stop_requested()) return {};
      const process_identity peer(peer_.load(std::memory_order_acquire));
      if (peer) return peer;
      shared_platform::futex_wait(arrivals_, ticket, no_deadline);
    }
  }

  // False if the watch was stopped first.
  [[nodiscard]] bool await_end(int process) const {
    std::array<pollfd, 2> both{{{process, POLLIN, 0}, {stopped_.get(), POLLIN, 0}}};
    detail::restarted([&] { return poll(both.data(), both.size(), -1); });
    return both[1].revents == 0;
  }

  static constexpr std::optional<shared_platform::clock::time_point> no_deadline{};

  const std::atomic<std::uint64_t>& peer_;
  std::atomic<std::uint32_t>& arrivals_;
  report lost_;
  unique_fd stopped_;
  std::jthread thread_;  // last: the thread uses all of the above
};

}  // namespace annulus
