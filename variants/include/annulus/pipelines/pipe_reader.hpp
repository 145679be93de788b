// The end of a pipe that reads what was written and says how much of it it is done with.
#pragma once

#include <annulus/pipelines/occupancy.hpp>
#include <annulus/pipelines/pipe_core.hpp>
#include <annulus/pipelines/pipe_io.hpp>
#include <annulus/pipelines/preserved_buffer.hpp>
#include <annulus/until.hpp>
#include <coroutine>
#include <cstddef>
#include <system_error>
#include <utility>

namespace annulus::pipelines {

template <class Platform>
class basic_pipe;
template <class Platform>
struct read_call;

/// For one thread at a time. Each call takes the lock once, and is errc::closed once the reader has
/// closed, and errc::overlapping while another one waits or runs, except cancel_pending_read, which
/// anybody may call. A limit that is over ends each call that takes one, also one that could go on,
/// having done nothing; what is wrong with the call, or what the stream failed with, comes first.
template <class Platform = std_platform>
class basic_pipe_reader {
  using core = pipe_core<Platform>;
  using visit = typename occupancy<Platform>::visit;

 public:
  using cursor = basic_cursor<Platform>;
  using read_result = basic_read_result<Platform>;

  basic_pipe_reader(const basic_pipe_reader&) = delete;
  basic_pipe_reader& operator=(const basic_pipe_reader&) = delete;

  /// Waits for bytes that have not been examined, or for the writer's end, and opens a read of all
  /// that is there. With max_size, a writer that waits for room while nothing is left to
  /// examine makes it errc::exceeds_capacity, with the bytes: only consuming helps. O(1).
  read_result read(const until& limit = {}) { return read_at_least(1, limit); }
  /// Waits for `min` bytes, examined before or not, and at least one that was not. Until then the
  /// writer is not paused, so that a frame may be larger than the threshold. More than max_size is
  /// errc::exceeds_capacity.
  read_result read_at_least(std::size_t min, const until& limit = {}) {
    read_result result;
    const visit here(inside_);
    if (here.refused()) {
      result.error = errc::overlapping;
      return result;
    }
    const auto over = limit.over<Platform>();
    auto held = core_.enter();
    if (over) {
      const auto refused = core_.read_refusal(held, min);
      result.error = refused ? refused : over;
      return result;
    }
    for (std::error_code stopped; !core_.read_step(held, min, result);) {
      if (stopped) {
        core_.abandon_read(held);
        result.error = stopped;
        break;
      }
      stopped = core_.wait(
          held, core_.reader_seat(), [this] { return core_.read_ready(); }, limit,
          core_.reader_counters());
    }
    return result;
  }
  /// The same without waiting: errc::would_block where read would wait.
  [[nodiscard]] read_result try_read() {
    read_result result;
    const visit here(inside_);
    if (here.refused()) {
      result.error = errc::overlapping;
    } else {
      auto held = core_.enter();
      core_.try_read(held, result);
    }
    return result;
  }

  /// Ends the read. What comes before `consumed` is done with, and its memory free to be used
  /// again; what comes before `examined` does not end the next wait, and does not hold the writer
  /// back. Less may be examined than the last time. Cursors of another read, or outside of it, or
  /// the wrong way round are errors, and the read stays open. O(segments of the read).
  std::error_code advance(const cursor& consumed, const cursor& examined) {
    const visit here(inside_);
    if (here.refused()) return errc::overlapping;
    std::pair<segment<Platform>*, segment<Platform>*> done{};
    {
      auto held = core_.enter();
      if (const auto error = core_.advance(held, consumed, examined, done)) return error;
    }
    while (done.first != done.second) {
      auto& each = *done.first;
      done.first = each.next;
      core_.stock().release(each);
    }
    return {};
  }
  std::error_code advance(const cursor& consumed) { return advance(consumed, consumed); }

  /// Empties the pipe into a descriptor or a sink; see pipelines::write_to.
  template <class Sink>
  transfer write_to(Sink&& sink, std::size_t most = everything, const until& limit = {},
                    on_error told = on_error::keep_open) {
    return pipelines::write_to(*this, sink, most, limit, told);
  }

  /// The read that waits, or else the next one, ends with errc::cancelled, once; what there is
  /// stays for the one after it. Any thread. O(1).
  void cancel_pending_read() {
    auto held = core_.enter();
    core_.cancel_read(held);
  }

  /// For awaitables: has the one that waits look again; and resumes by the scheduler. Any thread.
  void wake() {
    auto held = core_.enter();
    core_.wake(held, core_.reader_seat());
  }
  void resume(std::coroutine_handle<> what) const { scheduler_(what); }

  /// Nothing more will be read; an open read ends. A waiting writer goes on and is told, with the
  /// error if there is one. The first call wins; later ones are errc::closed.
  std::error_code close(std::error_code error = {}) {
    const visit here(inside_);
    if (here.refused()) return errc::overlapping;
    bool last = false;
    std::error_code refused;
    {
      auto held = core_.enter();
      refused = core_.close_reader(held, error, last);
    }
    if (last) core_.give_back();
    return refused;
  }

 private:
  friend basic_pipe<Platform>;
  friend read_call<Platform>;

  basic_pipe_reader(core& shared, const scheduler& where) noexcept
      : core_(shared), scheduler_(where) {}

  // The parts of an awaited read: one call of the end, from begin() to finish() or abandon_read().
  [[nodiscard]] std::error_code begin() noexcept {
    return inside_.enter() ? std::error_code{} : make_error_code(errc::overlapping);
  }
  bool finish() noexcept {
    inside_.leave();
    return true;
  }
  bool read_once(std::size_t min, read_result& result) {
    auto held = core_.enter();
    return core_.read_step(held, min, result);
  }
  bool arm_read(waker& who) {
    auto held = core_.enter();
    return !core_.read_ready() && core_.arm(held, core_.reader_seat(), who);
  }
  void abandon_read() {
    {
      auto held = core_.enter();
      core_.abandon_read(held);
    }
    inside_.leave();
  }

  core& core_;
  scheduler scheduler_;
  occupancy<Platform> inside_;
};

}  // namespace annulus::pipelines
