// How long a blocking call may wait.
#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <utility>

namespace annulus {

/// The limit of a wait: for ever by default, a deadline, a stop token, or both. Implicit, so that a
/// call reads `ring.reader().read(span, 1, 50ms)`. Copying allocates nothing; a call never keeps
/// it.
class until {
 public:
  using clock = std::chrono::steady_clock;

  until() = default;
  // NOLINTBEGIN(google-explicit-constructor)
  until(clock::time_point deadline) : deadline_(deadline) {}
  template <class Rep, class Period>
  until(std::chrono::duration<Rep, Period> wait)
      : deadline_(clock::now() + std::chrono::ceil<clock::duration>(wait)) {}
  until(std::stop_token token) : token_(std::move(token)) {}
  until(clock::time_point deadline, std::stop_token token)
      : deadline_(deadline), token_(std::move(token)) {}
  // NOLINTEND(google-explicit-constructor)

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

 private:
  std::optional<clock::time_point> deadline_;
  std::stop_token token_{};
};

}  // namespace annulus
