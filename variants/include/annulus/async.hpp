// The blocking calls as C++20 awaitables: `co_await async_read(ring.reader(), span)`. No thread is
// parked: whoever makes progress possible resumes the coroutine, on its own thread and within its
// call. Any ring, any coroutine type.
//
// Limits are stop tokens; a deadline is a timer of your event loop that requests the stop. An
// operation must not outlive its ring, and there is one at a time on an end. O(1) beside the bytes.
#pragma once

#include <algorithm>
#include <annulus/contract.hpp>
#include <annulus/until.hpp>
#include <coroutine>
#include <optional>
#include <stop_token>
#include <utility>

namespace annulus {

/// The awaitable behind the four calls below. `Call` is what they do: a `result`, a `step(end)`
/// that does what can be done at once and says whether that is all, an `arm(end, waker)` that asks
/// for more, and a `probe(end)` that tells the errors that come before a cancel. Source: the waker
/// protocol of Rust's futures.
template <class End, class Call>
class [[nodiscard]] operation : private waker {
 public:
  operation(End& end, Call call, std::stop_token token)
      : waker(&notified), end_(end), call_(std::move(call)), token_(std::move(token)) {}

  [[nodiscard]] bool await_ready() {
    if constexpr (requires { call_.probe(end_); }) {
      if (token_.stop_requested()) {
        const auto error = call_.probe(end_);
        call_.result.error = error && error != errc::would_block ? error : errc::cancelled;
        return true;
      }
    }
    return call_.step(end_);
  }
  bool await_suspend(std::coroutine_handle<> waiting) {
    waiting_ = waiting;
    if (token_.stop_possible()) on_stop_.emplace(token_, stopper{&end_});
    return !done_or_armed();
  }
  auto await_resume() {
    on_stop_.reset();
    return std::move(call_.result);
  }

 private:
  struct stopper {
    End* end;
    void operator()() const noexcept { end->wake(); }
  };

  static void notified(waker& self) noexcept {
    auto& operation_ = static_cast<operation&>(self);
    const auto waiting = operation_.waiting_;
    auto& end = operation_.end_;
    if (!operation_.call_.step(end) && !operation_.done_or_armed()) return;
    if constexpr (requires { end.resume(waiting); }) {
      end.resume(waiting);  // an end that has a say in where
    } else {
      waiting.resume();
    }
  }

  // True if the call is done. Otherwise the end has the waker, and *this may be gone already.
  bool done_or_armed() {
    const auto token = token_;
    auto& end = end_;
    for (;;) {
      if (token.stop_requested()) {
        if constexpr (requires { call_.give_up(end); }) call_.give_up(end);
        call_.result.error = errc::cancelled;
        return true;
      }
      if (call_.arm(end, *this)) break;
      if (call_.step(end)) return true;
    }
    // A stop between the look above and the arming found nobody to wake.
    if (token.stop_requested()) end.wake();
    return false;
  }

  End& end_;
  Call call_;
  std::stop_token token_;
  std::coroutine_handle<> waiting_;
  std::optional<std::stop_callback<stopper>> on_stop_;
};

namespace detail {

template <class Writer>
inline constexpr bool is_rendezvous = requires {
  requires Writer::rendezvous;
};

struct write_call {
  bytes_view from;
  transfer result{};

  template <class Writer>
  bool step(Writer& end) {
    const auto got = end.try_write(from.subspan(result.bytes));
    result.bytes += got.bytes;
    if (got.error == errc::would_block) return false;
    result.error = got.error;
    return true;
  }
  template <class Writer>
  std::error_code probe(Writer& end) {
    return end.try_write({}).error;
  }
  template <class Writer>
  bool arm(Writer& end, waker& who) {
    return end.arm(1, who, std::min(from.size() - result.bytes, (end.limit() + 1) / 2));
  }
};

// Into a ring that holds nothing: by way of its scratch block, and done once the reader has taken
// all.
struct hand_over_call {
  bytes_view from;
  transfer result{};
  std::size_t offered = 0;

  template <class Writer>
  bool step(Writer& end) {
    for (;;) {
      const auto got = end.try_reserve(std::min<std::size_t>(from.size(), 1));
      if (got.error == errc::would_block) return false;
      if (got.error) {
        give_up(end);
        result.error = got.error;
        return true;
      }
      result.bytes += std::exchange(offered, 0);
      const auto rest = from.subspan(result.bytes);
      if (rest.empty()) return true;
      offered = std::min(rest.size(), got.memory.size());
      std::copy_n(rest.begin(), offered, got.memory.first.begin());
      result.error = end.commit(offered);
      if (result.error) return true;
    }
  }
  template <class Writer>
  bool arm(Writer& end, waker& who) {
    return end.arm(1, who);
  }
  template <class Writer>
  std::error_code probe(Writer& end) {
    return end.try_write({}).error;
  }
  template <class Writer>
  void give_up(Writer& end) {
    if (offered > 0) result.bytes += std::exchange(offered, 0) - end.withdraw();
  }
};

struct read_call {
  bytes_span to;
  std::size_t min;
  transfer result{};

  template <class Reader>
  bool step(Reader& end) {
    if (min > to.size()) {
      result.error = errc::minimum_exceeds_span;
      return true;
    }
    const auto got = end.try_read(to.subspan(result.bytes));
    result.bytes += got.bytes;
    if (result.bytes >= min && (!got.error || got.error == errc::would_block)) return true;
    if (!got.error || got.error == errc::would_block) return false;
    result.error = got.error;
    return true;
  }
  template <class Reader>
  std::error_code probe(Reader& end) {
    return min > to.size() ? errc::minimum_exceeds_span : end.try_read({}).error;
  }
  template <class Reader>
  bool arm(Reader& end, waker& who) {
    return end.arm(std::min(min - result.bytes, end.limit()), who);
  }
};

struct reserve_call {
  std::size_t min;
  reservation result{};

  template <class Writer>
  bool step(Writer& end) {
    result = end.try_reserve(min);
    return result.error != errc::would_block;
  }
  template <class Writer>
  std::error_code probe(Writer& end) {
    return end.try_reserve(min).error;
  }
  template <class Writer>
  bool arm(Writer& end, waker& who) {
    return end.arm(min, who);
  }
};

struct peek_call {
  std::size_t min;
  peeked result{};

  template <class Reader>
  bool step(Reader& end) {
    result = end.try_peek(min);
    return result.error != errc::would_block;
  }
  template <class Reader>
  std::error_code probe(Reader& end) {
    const auto error = end.try_peek(min).error;
    return error == errc::end_of_stream ? errc::cancelled : error;
  }
  template <class Reader>
  bool arm(Reader& end, waker& who) {
    return end.arm(min, who);
  }
};

}  // namespace detail

/// As writer.write(from), awaited. `from` must stay until the result.
template <ring_writer Writer>
requires armable<Writer>
auto async_write(Writer& end, bytes_view from, std::stop_token token = {}) {
  if constexpr (detail::is_rendezvous<Writer>) {
    return operation(end, detail::hand_over_call{from}, std::move(token));
  } else {
    return operation(end, detail::write_call{from}, std::move(token));
  }
}
/// As reader.read(to, min), awaited. `to` must stay until the result.
template <ring_reader Reader>
requires armable<Reader>
auto async_read(Reader& end, bytes_span to, std::size_t min = 1, std::stop_token token = {}) {
  return operation(end, detail::read_call{to, min}, std::move(token));
}
/// As writer.reserve(min), awaited.
template <ring_writer Writer>
requires armable<Writer>
auto async_reserve(Writer& end, std::size_t min, std::stop_token token = {}) {
  return operation(end, detail::reserve_call{min}, std::move(token));
}
/// As reader.peek(min), awaited.
template <ring_reader Reader>
requires armable<Reader>
auto async_peek(Reader& end, std::size_t min, std::stop_token token = {}) {
  return operation(end, detail::peek_call{min}, std::move(token));
}

}  // namespace annulus
