// The waiting calls of a pipe as C++20 awaitables: `co_await async_read(pipe.reader())`. No thread
// is parked; the end's scheduler says where the coroutine goes on. The steps are those of the
// blocking calls.
//
// Limits are stop tokens; a deadline is a timer of your event loop that requests the stop. An
// operation must not outlive its pipe, and counts as a call of its end while it waits.
#pragma once

#include <annulus/async.hpp>
#include <annulus/pipelines/pipe.hpp>
#include <annulus/until.hpp>
#include <cstddef>
#include <stop_token>
#include <system_error>
#include <utility>

namespace annulus::pipelines {

// What a call that is over before it begins says, told apart from what comes before that.
inline std::error_code before_a_cancel(std::error_code over) noexcept {
  return over == errc::timed_out ? errc::cancelled : over;
}
inline constexpr auto long_ago = until::clock::time_point::min();

// What the calls that may wait for a flush have in common.
struct flushing_call {
  bool begun = false;

  template <class Writer>
  std::error_code probe(Writer& end) {
    return before_a_cancel(end.flush(long_ago));
  }
  template <class Writer>
  bool arm(Writer& end, waker& who) {
    return end.arm_flush(who);
  }
  template <class Writer>
  void give_up(Writer& end) {
    end.abandon_flush();
  }

 protected:
  // Clear, or why there is no such call.
  template <class Writer>
  std::error_code enter(Writer& end) {
    if (begun) return {};
    const auto refused = end.begin_write();
    begun = !refused;
    return refused;
  }
};

struct flush_call : flushing_call {
  outcome result{};

  template <class Writer>
  bool step(Writer& end) {
    if ((result.error = enter(end))) return true;
    return end.flush_once(result.error) && end.finish();
  }
};

struct write_call : flushing_call {
  explicit write_call(bytes_view bytes) noexcept : from(bytes) {}

  bytes_view from;
  transfer result{};
  bool flushing = false, last = false;

  template <class Writer>
  bool step(Writer& end) {
    if ((result.error = enter(end))) return true;
    for (;;) {
      if (!std::exchange(flushing, true)) last = end.put(from, result);
      if (result.error) return end.finish();
      if (!end.flush_once(result.error)) return false;
      flushing = false;
      if (last || result.error) return end.finish();
    }
  }
};

struct writing_call {
  outcome result{};
  bool begun = false;

  template <class Writer>
  bool step(Writer& end) {
    if (!begun && (result.error = end.begin())) return true;
    begun = true;
    return end.writing_once(result.error) && end.finish();
  }
  template <class Writer>
  std::error_code probe(Writer& end) {
    return before_a_cancel(end.writing(long_ago));
  }
  template <class Writer>
  bool arm(Writer& end, waker& who) {
    return end.arm_writing(who);
  }
  template <class Writer>
  void give_up(Writer& end) {
    end.finish();
  }
};

template <class Platform>
struct read_call {
  std::size_t min;
  basic_read_result<Platform> result{};
  bool begun = false;

  template <class Reader>
  bool step(Reader& end) {
    if (!begun && (result.error = end.begin())) return true;
    begun = true;
    return end.read_once(min, result) && end.finish();
  }
  template <class Reader>
  std::error_code probe(Reader& end) {
    return before_a_cancel(end.read_at_least(min, long_ago).error);
  }
  template <class Reader>
  bool arm(Reader& end, waker& who) {
    return end.arm_read(who);
  }
  template <class Reader>
  void give_up(Reader& end) {
    end.abandon_read();
  }
};

/// As writer.flush(), awaited.
template <class Platform>
auto async_flush(basic_pipe_writer<Platform>& end, std::stop_token token = {}) {
  return annulus::operation(end, flush_call{}, std::move(token));
}
/// As writer.write(from), awaited. `from` must stay until the result.
template <class Platform>
auto async_write(basic_pipe_writer<Platform>& end, bytes_view from, std::stop_token token = {}) {
  return annulus::operation(end, write_call{from}, std::move(token));
}
/// As writer.writing(), awaited.
template <class Platform>
auto async_writing(basic_pipe_writer<Platform>& end, std::stop_token token = {}) {
  return annulus::operation(end, writing_call{}, std::move(token));
}
/// As reader.read_at_least(min), awaited.
template <class Platform>
auto async_read_at_least(basic_pipe_reader<Platform>& end, std::size_t min,
                         std::stop_token token = {}) {
  return annulus::operation(end, read_call<Platform>{min}, std::move(token));
}
/// As reader.read(), awaited.
template <class Platform>
auto async_read(basic_pipe_reader<Platform>& end, std::stop_token token = {}) {
  return async_read_at_least(end, 1, std::move(token));
}

}  // namespace annulus::pipelines
