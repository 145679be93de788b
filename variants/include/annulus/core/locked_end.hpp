// What the ends of all rings that lock have in common.
#pragma once

#include <annulus/contract.hpp>
#include <annulus/core/monitor.hpp>
#include <annulus/core/status.hpp>
#include <annulus/error.hpp>
#include <annulus/stats.hpp>
#include <annulus/until.hpp>
#include <cstddef>
#include <system_error>

namespace annulus {

/// Which end of a ring.
enum class role { writer, reader };

[[nodiscard]] constexpr role peer_of(role which) noexcept {
  return which == role::writer ? role::reader : role::writer;
}

/// The lock of a ring, a seat for each end, and the state of the stream. What takes a `lock` is
/// called with it held; whatever it decides is seen by both ends alike.
template <class Platform>
class locked_core {
 public:
  using platform = Platform;
  using lock = typename monitor<Platform>::lock;
  using counters_type = end_counters<Platform>;

  [[nodiscard]] lock enter() const { return monitor_.enter(); }
  [[nodiscard]] counters_type& counters(role which) noexcept { return of(which).counters; }

  /// Why that end may not go on, the clean end of the stream left out for the reader.
  [[nodiscard]] std::error_code refusal(const lock&, role which) const noexcept {
    return which == role::writer ? status_.writer_refusal() : status_.reader_refusal();
  }
  [[nodiscard]] std::error_code drain_refusal(const lock&) const noexcept {
    return status_.drain_refusal();
  }
  [[nodiscard]] bool is_closed(const lock&, role which) const noexcept {
    return which == role::writer ? status_.writer_is_closed() : status_.reader_is_closed();
  }
  /// What a reader gets where nothing is left.
  [[nodiscard]] errc end_or_wait(const lock&) const noexcept {
    return status_.writer_is_closed() ? status_.end() : errc::would_block;
  }

  void close(lock& held, role which) noexcept {
    which == role::writer ? status_.close_writer() : status_.close_reader();
    wake(held, peer_of(which));
  }
  void fail(lock& held, std::error_code error) noexcept {
    status_.fail(error);
    wake(held, role::reader);
    wake(held, role::writer);
  }
  void destroy() noexcept {
    auto held = enter();
    fail(held, errc::destroyed);
  }

  void arm(lock&, role which, waker& who) noexcept { of(which).seat.arm(who); }
  bool disarm(lock&, role which, waker& who) noexcept { return of(which).seat.disarm(who); }
  void wake(lock& held, role which) noexcept { of(which).seat.notify(held); }
  /// The same because of what the peer has moved, which counts it.
  void rouse(lock& held, role which) noexcept {
    if (!of(which).seat.notify(held)) return;
    counters(peer_of(which)).woke();
    counters(peer_of(which)).entered_kernel(1);
  }
  template <class Ready>
  std::error_code wait(lock& held, role which, Ready ready, const until& limit) {
    return monitor_.wait(held, of(which).seat, ready, limit, counters(which));
  }

  [[nodiscard]] ring_stats counted() const noexcept {
    return {writer_.counters.snapshot(), reader_.counters.snapshot()};
  }
  /// Precondition: neither end is in a call.
  void reset(const lock&) noexcept {
    status_.reset();
    writer_.counters.reset();
    reader_.counters.reset();
  }

 private:
  struct end {
    typename monitor<Platform>::seat seat;
    counters_type counters;
  };
  [[nodiscard]] end& of(role which) noexcept { return which == role::writer ? writer_ : reader_; }

  monitor<Platform> monitor_;
  stream_status<Platform> status_;
  end writer_, reader_;  // the seats are guarded by the monitor
};

/// The calls of contract.hpp that are one for each end of each ring that locks. `Self` says what is
/// its own: must_wait(lock, min) before it is armed, and of a writer is_drained(lock) and
/// wait_drained(lock, limit). `Core` is a locked_core, or has its calls.
template <class Self, class Core, role which>
class locked_end : public observers<Self> {
 public:
  locked_end(const locked_end&) = delete;
  locked_end& operator=(const locked_end&) = delete;

  // Each publication has the lock anyway, so there is nothing to hold back.
  void cork() noexcept requires(which == role::writer) {}
  void flush() noexcept requires(which == role::writer) {}
  void uncork() noexcept requires(which == role::writer) {}

  std::error_code drain(const until& limit = {}) requires(which == role::writer) {
    const call_scope inside(waiting_);
    auto held = core_.enter();
    if (const auto error = core_.drain_refusal(held)) return error;
    if (const auto over = limit.template over<platform>()) return over;
    if (self().is_drained(held)) return {};
    const auto stopped = self().wait_drained(held, limit);
    const auto error = core_.drain_refusal(held);
    return error ? error : stopped;
  }

  void close() {
    auto held = core_.enter();
    core_.close(held, which);
  }
  void close(std::error_code error) {
    if (is_clean_end(error)) return close();
    auto held = core_.enter();
    if (!core_.is_closed(held, which)) core_.fail(held, error);
  }

  // Told at the minimum: to wait for what is useful, an end would have to be told as well when the
  // other waits for it in its turn, and a call that takes a lock anyway has less to gain.
  bool arm(std::size_t min, waker& who, std::size_t /*useful*/ = 0) {
    auto held = core_.enter();
    if (!self().must_wait(held, min)) return false;
    core_.arm(held, which, who);
    return true;
  }
  bool disarm(waker& who) {
    auto held = core_.enter();
    return core_.disarm(held, which, who);
  }
  void wake() {
    auto held = core_.enter();
    core_.wake(held, which);
  }

  /// For the ring's destructor, once it has failed the stream.
  void wait_until_left() const noexcept { waiting_.wait_until_empty(); }

 protected:
  using platform = typename Core::platform;
  using lock = typename Core::lock;
  using call_scope = typename waiting_room<platform>::scope;

  explicit locked_end(Core& core) noexcept : core_(core) {}

  [[nodiscard]] std::error_code refusal(const lock& held) const noexcept {
    return core_.refusal(held, which);
  }
  /// Why a call may not even begin.
  [[nodiscard]] std::error_code refusal(const lock& held, const until& limit) const noexcept {
    const auto error = refusal(held);
    return error ? error : limit.template over<platform>();
  }
  /// The same for one that takes the lock later.
  [[nodiscard]] std::error_code given_up(const until& limit) const {
    const auto over = limit.template over<platform>();
    if (!over) return {};
    auto held = core_.enter();
    const auto error = refusal(held);
    return error ? error : over;
  }
  [[nodiscard]] auto& counters() noexcept { return core_.counters(which); }
  void rouse_peer(lock& held) noexcept { core_.rouse(held, peer_of(which)); }
  template <class Ready>
  std::error_code wait(lock& held, Ready ready, const until& limit) {
    return core_.wait(held, which, ready, limit);
  }

  Core& core_;
  waiting_room<platform> waiting_;

 private:
  [[nodiscard]] Self& self() noexcept { return static_cast<Self&>(*this); }
};

}  // namespace annulus
