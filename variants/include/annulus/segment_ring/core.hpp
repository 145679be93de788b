// What the two ends of a `segment` ring share.
#pragma once

#include <annulus/core/locked_end.hpp>
#include <annulus/error.hpp>
#include <annulus/pipelines/pipe_core.hpp>
#include <annulus/until.hpp>
#include <system_error>

namespace annulus {

/// A pipe's core, with the calls of locked_core.
template <class Platform>
class segment_core : public pipelines::pipe_core<Platform> {
  using base = pipelines::pipe_core<Platform>;

 public:
  using platform = Platform;
  using base::base;
  using typename base::lock;

  [[nodiscard]] auto& counters(role which) noexcept {
    return which == role::writer ? base::writer_counters() : base::reader_counters();
  }
  [[nodiscard]] bool is_closed(const lock& held, role which) const noexcept {
    return which == role::writer ? base::writer_done(held) : base::reader_done(held);
  }
  [[nodiscard]] std::error_code refusal(const lock& held, role which) const noexcept {
    const auto error = drain_refusal(held);
    if (error || which == role::reader) return error;
    return base::writer_done(held) ? errc::closed : std::error_code{};
  }
  [[nodiscard]] std::error_code drain_refusal(const lock& held) const noexcept {
    if (const auto error = base::failure(held)) return error;
    return base::reader_done(held) ? errc::closed : std::error_code{};
  }

  void close(lock& held, role which) noexcept {
    if (is_closed(held, which)) return;
    bool last = false;
    if (which == role::writer) {
      base::close_writer(held, {});
    } else {
      base::close_reader(held, {}, last);
    }
  }

  bool arm(lock& held, role which, waker& who) noexcept {
    return base::arm(held, seat(which), who);
  }
  bool disarm(lock& held, role which, waker& who) noexcept {
    return base::disarm(held, seat(which), who);
  }
  void wake(lock& held, role which) noexcept { base::wake(held, seat(which)); }
  template <class Ready>
  std::error_code wait(lock& held, role which, Ready ready, const until& limit) {
    return base::wait(held, seat(which), ready, limit, counters(which));
  }

 private:
  [[nodiscard]] auto& seat(role which) noexcept {
    return which == role::writer ? base::writer_seat() : base::reader_seat();
  }
};

}  // namespace annulus
