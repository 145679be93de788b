// The end of a pipe that allocates from it and writes.
#pragma once

#include <algorithm>
#include <annulus/pipelines/occupancy.hpp>
#include <annulus/pipelines/pipe_core.hpp>
#include <annulus/pipelines/pipe_io.hpp>
#include <annulus/until.hpp>
#include <annulus/waker.hpp>
#include <coroutine>
#include <new>
#include <system_error>
#include <utility>

namespace annulus::pipelines {

template <class Platform>
class basic_pipe;
struct flushing_call;
struct flush_call;
struct write_call;
struct writing_call;

/// For one thread at a time. alloc and advance take no lock and share nothing with the reader;
/// commit and flush take it once. Each call is an error once the writer has completed, and while
/// another one waits or runs (errc::overlapping), except cancel_pending_flush, which anybody may
/// call. Memory that runs out is std::errc::not_enough_memory.
template <class Platform = std_platform>
class basic_pipe_writer {
  using core = pipe_core<Platform>;
  using visit = typename occupancy<Platform>::visit;

 public:
  basic_pipe_writer(const basic_pipe_writer&) = delete;
  basic_pipe_writer& operator=(const basic_pipe_writer&) = delete;

  /// At least `min` bytes to write to behind the last byte, and never none, in place of what was
  /// allocated before. More than max_size with what is uncommitted is
  /// annulus::errc::exceeds_capacity. O(1).
  allocation alloc(std::size_t min = 0) {
    const visit here(inside_);
    if (const auto error = refusal(here)) return {{}, error};
    const auto most = core_.allowance();
    const auto need = std::max<std::size_t>(min, 1);
    if (need > most) return {{}, annulus::errc::exceeds_capacity};
    allocation got;
    got.error = guarded([&] { got.memory = core_.tail().allocate(need, most); });
    return got;
  }
  /// Two pieces of memory, the second a whole segment, to be advanced as one: for readv(2).
  reservation alloc_two() {
    const visit here(inside_);
    if (const auto error = refusal(here)) return {{}, error};
    const auto most = core_.allowance();
    if (most == 0) return {{}, annulus::errc::exceeds_capacity};
    reservation got;
    got.error = guarded([&] { got.memory = core_.tail().allocate_two(most); });
    return got;
  }

  /// Adds the first `n` allocated bytes to the stream; what is left of them may be advanced later,
  /// also after a flush. More than allocated is errc::advance_overrun. O(1).
  std::error_code advance(std::size_t n) {
    const visit here(inside_);
    if (const auto error = refusal(here)) return error;
    if (n > core_.tail().granted()) return errc::advance_overrun;
    core_.tail().advance(n);
    return {};
  }

  /// Adds memory of the caller's to the stream, without a copy. On an error the memory remains the
  /// caller's and is not released. O(1).
  std::error_code append(const foreign_memory& memory) {
    const visit here(inside_);
    if (const auto error = refusal(here)) return error;
    if (memory.bytes.size() > core_.allowance()) return annulus::errc::exceeds_capacity;
    if (memory.bytes.empty()) {
      if (memory.release != nullptr) memory.release(memory.context, memory.bytes);
      return {};
    }
    return guarded([&] { core_.tail().append(memory); });
  }

  /// Lets the reader's next read have what was advanced; a reader that waits already is told by the
  /// next flush. Does not wait: what would exceed max_size is annulus::errc::would_block, with
  /// nothing published. With a completed reader the bytes are dropped. O(1).
  std::error_code commit() {
    const visit here(inside_);
    if (const auto error = refusal(here)) return error;
    bool to_discard = false;
    std::error_code error;
    {
      auto held = core_.enter();
      error = core_.commit(held, to_discard);
    }
    if (to_discard) core_.tail().discard();
    return error;
  }

  /// Commits, wakes the reader if it can proceed, and waits while the pipe is paused, or has no
  /// room under max_size. At the limit what was committed stays so; what had no room is still
  /// uncommitted.
  flush_result flush(const until& limit = {}) {
    const visit here(inside_);
    if (const auto error = refusal(here)) return {.error = error};
    return flush_inside(&limit);
  }
  /// The same without waiting: annulus::errc::would_block where flush would wait.
  flush_result try_flush() {
    const visit here(inside_);
    if (const auto error = refusal(here)) return {.error = error};
    return flush_inside(nullptr);
  }

  /// Copies the bytes in and flushes; in pieces if max_size wants it. `bytes` counts what the pipe
  /// has taken: do not write those again, whatever the error. A completed reader is
  /// errc::reader_completed or its error, a cancel annulus::errc::cancelled. O(bytes).
  transfer write(bytes_view from, const until& limit = {}) {
    const visit here(inside_);
    if (const auto error = refusal(here)) return {0, error};
    transfer done;
    for (bool last = false; !last && !done.error;) {
      last = put(from, done);
      if (!done.error) done.error = outcome(flush_inside(&limit));
    }
    return done;
  }

  /// Fills the pipe from a descriptor; see pipelines::fill_from.
  transfer fill_from(int fd, std::size_t most = everything, const until& limit = {}) {
    return pipelines::fill_from(*this, fd, most, limit);
  }

  /// Waits until nothing more will be read: the reader has completed, or the writer has and all is
  /// consumed. Returns what the reader completed with, or why the wait ended. The `Writing` of the
  /// design document.
  std::error_code writing(const until& limit = {}) {
    const visit here(inside_);
    if (here.refused()) return errc::overlapping;
    auto held = core_.enter();
    std::error_code stopped;
    if (!core_.no_more_reads()) {
      stopped = core_.wait(
          held, core_.writer_seat(), [this] { return core_.no_more_reads(); }, limit,
          core_.writer_counters());
    }
    return core_.no_more_reads() ? core_.reading_error(held) : stopped;
  }

  /// The flush that waits, or else the next one, ends at once and says so. Any thread. O(1).
  void cancel_pending_flush() {
    auto held = core_.enter();
    core_.cancel_flush(held);
  }

  /// For awaitables: has the one that waits look again; and resumes by the scheduler. Any thread.
  void wake() {
    auto held = core_.enter();
    core_.wake(held, core_.writer_seat());
  }
  void resume(std::coroutine_handle<> what) const { scheduler_(what); }

  /// Nothing more will be written. What was advanced is committed first, unless with an error,
  /// which every read will have from now on. The first call wins; later ones are errc::completed.
  /// Bytes without room under max_size are annulus::errc::would_block: flush first.
  std::error_code complete(std::error_code error = {}) {
    const visit here(inside_);
    if (const auto refused = refusal(here)) return refused;
    bool to_discard = static_cast<bool>(error);
    if (!error) {
      auto held = core_.enter();
      if (const auto refused = core_.commit(held, to_discard)) return refused;
    }
    if (to_discard) core_.tail().discard();
    core_.tail().withdraw();
    core_.tail().give_up_unused();
    completed_ = true;
    bool last = false;
    {
      auto held = core_.enter();
      last = core_.complete_writer(held, error);
    }
    if (last) core_.give_back();
    return {};
  }

 private:
  friend basic_pipe<Platform>;
  friend struct flushing_call;
  friend struct flush_call;
  friend struct write_call;
  friend struct writing_call;

  basic_pipe_writer(core& shared, const scheduler& where) noexcept
      : core_(shared), scheduler_(where) {}

  [[nodiscard]] std::error_code refusal(const visit& here) const noexcept {
    if (here.refused()) return errc::overlapping;
    return completed_ ? make_error_code(errc::completed) : std::error_code{};
  }
  template <class Work>
  static std::error_code guarded(Work work) noexcept {
    try {
      work();
      return {};
    } catch (const std::bad_alloc&) {
      return std::make_error_code(std::errc::not_enough_memory);
    }
  }

  // Copies as much as may be uncommitted. True if that is all, or as far as it gets.
  bool put(bytes_view from, transfer& done) {
    auto most = core_.allowance();
    for (; done.bytes < from.size() && most > 0 && !done.error; most = core_.allowance()) {
      done.error = guarded([&] {
        const auto memory = core_.tail().allocate(1, most);
        const auto n = std::min(memory.size(), from.size() - done.bytes);
        Platform::copy(memory.data(), from.data() + done.bytes, n);
        core_.tail().advance(n);
        done.bytes += n;
      });
    }
    core_.tail().withdraw();
    return done.error || done.bytes == from.size();
  }
  static std::error_code outcome(const flush_result& flushed) noexcept {
    if (flushed.error) return flushed.error;
    if (flushed.completed) return errc::reader_completed;
    if (flushed.cancelled) return annulus::errc::cancelled;
    return {};
  }

  // `limit`: none if it must not wait.
  flush_result flush_inside(const until* limit) {
    flush_result result;
    bool to_discard = false;
    {
      auto held = core_.enter();
      for (std::error_code stopped; !core_.flush_step(held, result, to_discard);) {
        if (limit == nullptr) stopped = annulus::errc::would_block;
        if (stopped) {
          core_.abandon_flush(held);
          result.error = stopped;
          break;
        }
        stopped = core_.wait(
            held, core_.writer_seat(), [this] { return core_.flush_ready(); }, *limit,
            core_.writer_counters());
      }
    }
    if (to_discard) core_.tail().discard();
    return result;
  }

  // The parts of an awaited call, which is one of the end from begin() to finish() or
  // abandon_flush().
  [[nodiscard]] std::error_code begin() noexcept {
    return inside_.enter() ? std::error_code{} : make_error_code(errc::overlapping);
  }
  [[nodiscard]] std::error_code begin_write() noexcept {
    return completed_ ? make_error_code(errc::completed) : begin();
  }
  bool finish() noexcept {
    inside_.leave();
    return true;
  }
  bool flush_once(flush_result& result) {
    bool to_discard = false;
    bool done = false;
    {
      auto held = core_.enter();
      done = core_.flush_step(held, result, to_discard);
    }
    if (to_discard) core_.tail().discard();
    return done;
  }
  bool arm_flush(waker& who) {
    auto held = core_.enter();
    return !core_.flush_ready() && core_.arm(held, core_.writer_seat(), who);
  }
  void abandon_flush() {
    {
      auto held = core_.enter();
      core_.abandon_flush(held);
    }
    inside_.leave();
  }

  bool writing_once(std::error_code& result) {
    auto held = core_.enter();
    if (!core_.no_more_reads()) return false;
    result = core_.reading_error(held);
    return true;
  }
  bool arm_writing(waker& who) {
    auto held = core_.enter();
    return !core_.no_more_reads() && core_.arm(held, core_.writer_seat(), who);
  }

  core& core_;
  scheduler scheduler_;
  occupancy<Platform> inside_;
  bool completed_ = false;
};

}  // namespace annulus::pipelines
