// How long a blocking call may wait, and how an end that does not block is told that it can go on.
#pragma once

#include <annulus/error.hpp>
#include <chrono>
#include <optional>
#include <stop_token>
#include <system_error>
#include <type_traits>
#include <utility>

namespace annulus {

/// The limit of a wait: for ever by default, a deadline, a stop token, or both. Implicit, so that a
/// call reads `ring.reader().read(span, 1, 50ms)`. Copying allocates nothing; a call never keeps
/// it.
///
/// It saturates: a duration or a deadline that `clock` has no moment for, as the longest ones and
/// infinity, is no limit; one that is over, and one that is not a number, ends a wait at once.
class until {
 public:
  using clock = std::chrono::steady_clock;

  until() = default;
  // NOLINTBEGIN(google-explicit-constructor)
  /// From now on.
  template <class Rep, class Period>
  until(std::chrono::duration<Rep, Period> wait) : deadline_(after(wait)) {}
  /// A moment of any clock. What is left until then is read off that clock once, here: to set it
  /// afterwards changes nothing.
  template <class Clock, class Duration>
  until(std::chrono::time_point<Clock, Duration> deadline) : deadline_(moment<Clock>(deadline)) {}
  until(std::stop_token token) : token_(std::move(token)) {}
  // NOLINTEND(google-explicit-constructor)
  /// Both: a duration or a moment as above, and a stop token.
  template <class Limit>
  until(Limit limit, std::stop_token token) : until(limit) {
    token_ = std::move(token);
  }

  /// None: for ever.
  [[nodiscard]] const std::optional<clock::time_point>& deadline() const noexcept {
    return deadline_;
  }
  [[nodiscard]] const std::stop_token& token() const noexcept { return token_; }
  [[nodiscard]] bool cancelled() const noexcept { return token_.stop_requested(); }
  /// By the clock of `Platform`, so that a checker can let time pass.
  template <class Platform>
  [[nodiscard]] bool expired() const noexcept {
    return deadline_ && Platform::now() >= *deadline_;
  }
  /// errc::cancelled or errc::timed_out once the limit is over, in this order; clear before that,
  /// and always for no limit.
  template <class Platform>
  [[nodiscard]] std::error_code over() const noexcept {
    if (cancelled()) return errc::cancelled;
    if (expired<Platform>()) return errc::timed_out;
    return {};
  }

 private:
  using instant = clock::time_point;
  // Holds any duration, so that comparing and subtracting cannot overflow; as exact as the clock
  // where the format has 64 bits of mantissa.
  using seconds = std::chrono::duration<long double>;

  // So close to the last moment of the clock it is for ever: more than what is lost when the
  // coarsest floating point, of 24 bits, is rounded there.
  static constexpr instant last = instant::max() - std::chrono::hours(1);

  template <class Rep, class Period>
  static std::optional<instant> after(std::chrono::duration<Rep, Period> wait) {
    const auto now = clock::now();
    if (!(wait > wait.zero())) return now;
    if (seconds(wait) >= seconds(last - now)) return {};
    return now + std::chrono::ceil<clock::duration>(wait);
  }

  template <class Clock, class Duration>
  static std::optional<instant> moment(std::chrono::time_point<Clock, Duration> at) {
    const auto since = at.time_since_epoch();
    if constexpr (std::is_same_v<Clock, clock>) {
      if (seconds(since) >= seconds(last.time_since_epoch())) return {};
      if (!(since > since.zero())) return instant::min();
      return instant(std::chrono::ceil<clock::duration>(since));
    } else {
      if (at == decltype(at)::max()) return {};
      return after(seconds(since) - seconds(Clock::now().time_since_epoch()));
    }
  }

  std::optional<instant> deadline_;
  std::stop_token token_{};
};

/// Something to be called once, from the thread that made progress possible: the other end's, or
/// one that closes or cancels. `notify` must not throw and may call the ring again, also to arm
/// anew. Keep a waker alive until it was called or `disarm` returned true.
class waker {
 public:
  using callback = void (*)(waker&) noexcept;
  explicit constexpr waker(callback called) noexcept : notify_(called) {}
  waker(const waker&) = delete;
  waker& operator=(const waker&) = delete;
  ~waker() = default;

  void notify() noexcept { notify_(*this); }

 private:
  callback notify_;
};

}  // namespace annulus
