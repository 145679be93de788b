// The end of a pipe that allocates from it and writes.
#pragma once

#include <algorithm>
#include <annulus/pipelines/occupancy.hpp>
#include <annulus/pipelines/pipe_core.hpp>
#include <annulus/pipelines/pipe_io.hpp>
#include <annulus/until.hpp>
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
/// commit and flush take it once. Each call is errc::closed once the writer has closed, and
/// errc::overlapping while another one waits or runs, except cancel_pending_flush, which anybody
/// may call. Calls that publish fail with what ended the stream: what the reader closed with, or
/// errc::closed, or the error of the pipe; what had not been published is dropped. A limit that is
/// over ends each call that takes one, also one that could go on, having done nothing; those errors
/// come first. Memory that runs out is std::errc::not_enough_memory.
template <class Platform = std_platform>
class basic_pipe_writer {
  using core = pipe_core<Platform>;
  using visit = typename occupancy<Platform>::visit;

 public:
  basic_pipe_writer(const basic_pipe_writer&) = delete;
  basic_pipe_writer& operator=(const basic_pipe_writer&) = delete;

  /// At least `min` bytes to write to behind the last byte, and never none, in place of what was
  /// allocated before. More than max_size with what is uncommitted is
  /// errc::exceeds_capacity. O(1).
  allocation alloc(std::size_t min = 0) {
    const visit here(inside_);
    if (const auto error = refusal(here)) return {{}, error};
    const auto most = core_.allowance();
    const auto need = std::max<std::size_t>(min, 1);
    if (need > most) return {{}, errc::exceeds_capacity};
    allocation got;
    got.error = guarded([&] { got.memory = core_.tail().allocate(need, most); });
    return got;
  }
  /// Two pieces of memory, the second a whole segment, to be advanced as one: for readv(2).
  reservation alloc_two() {
    const visit here(inside_);
    if (const auto error = refusal(here)) return {{}, error};
    const auto most = core_.allowance();
    if (most == 0) return {{}, errc::exceeds_capacity};
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
    if (memory.bytes.size() > core_.allowance()) return errc::exceeds_capacity;
    if (memory.bytes.empty()) {
      if (memory.release != nullptr) memory.release(memory.context, memory.bytes);
      return {};
    }
    return guarded([&] { core_.tail().append(memory); });
  }

  /// Bytes advanced or appended that no commit or flush has published yet. The writer's thread.
  /// O(1).
  [[nodiscard]] std::size_t unflushed_bytes() const noexcept {
    return closed_ ? 0 : core_.tail().uncommitted();
  }

  /// Makes what was advanced visible to the reader's next read; a reader that waits already is told
  /// by the next flush. Does not wait: what would exceed max_size is errc::would_block, with
  /// nothing published. O(1).
  std::error_code commit() {
    const visit here(inside_);
    if (const auto error = refusal(here)) return error;
    std::error_code error;
    bool lost = false;
    {
      auto held = core_.enter();
      error = core_.commit(held);
      lost = core_.nobody_reads(held);
    }
    if (lost) core_.tail().discard();
    return error;
  }

  /// Commits, wakes the reader if it can proceed, and waits while the pipe is paused, or has no
  /// room under max_size. When the limit or a cancel ends the wait, what was committed stays so;
  /// what had no room is still unflushed.
  std::error_code flush(const until& limit = {}) {
    const visit here(inside_);
    if (const auto error = refusal(here)) return error;
    if (const auto error = given_up(limit)) return error;
    return flush_inside(&limit);
  }
  /// The same without waiting: errc::would_block where flush would wait.
  [[nodiscard]] std::error_code try_flush() {
    const visit here(inside_);
    if (const auto error = refusal(here)) return error;
    return flush_inside(nullptr);
  }

  /// Copies the bytes in and flushes; in pieces if max_size wants it. `bytes` counts what the pipe
  /// has taken: do not write those again, whatever the error. O(bytes).
  transfer write(bytes_view from, const until& limit = {}) {
    const visit here(inside_);
    if (const auto error = refusal(here)) return {0, error};
    transfer done;
    for (bool last = false; !last && !done.error;) {
      if ((done.error = given_up(limit))) break;
      last = put(from, done);
      if (!done.error) done.error = flush_inside(&limit);
    }
    return done;
  }

  /// Fills the pipe from a descriptor; see pipelines::read_from.
  transfer read_from(int fd, std::size_t most = everything, const until& limit = {},
                     on_error told = on_error::keep_open) {
    return pipelines::read_from(*this, fd, most, limit, told);
  }

  /// Waits until nothing more will be read: the reader has closed, or the writer has and all is
  /// consumed, or the pipe has failed. Returns what the reader closed with or the pipe failed with,
  /// or why the wait ended. The `Writing` of the design document.
  std::error_code writing(const until& limit = {}) {
    const visit here(inside_);
    if (here.refused()) return errc::overlapping;
    auto stopped = limit.over<Platform>();
    auto held = core_.enter();
    if (const auto error = core_.reading_error(held)) return error;
    if (stopped) return stopped;
    if (!core_.no_more_reads()) {
      stopped = core_.wait(
          held, core_.writer_seat(), [this] { return core_.no_more_reads(); }, limit,
          core_.writer_counters());
    }
    return core_.no_more_reads() ? core_.reading_error(held) : stopped;
  }

  /// The flush that waits, or else the next one, ends with errc::cancelled, once, when it has
  /// committed what it can. Any thread. O(1).
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
  /// which every read has from now on. The first call wins; later ones are errc::closed. Bytes
  /// without room under max_size are errc::would_block: flush first.
  std::error_code close(std::error_code error = {}) {
    const visit here(inside_);
    if (const auto refused = refusal(here)) return refused;
    if (is_clean_end(error)) {
      auto held = core_.enter();
      if (core_.commit(held) == errc::would_block) return errc::would_block;
    }
    core_.tail().discard();
    closed_ = true;
    bool last = false;
    {
      auto held = core_.enter();
      last = core_.close_writer(held, error);
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
    return closed_ ? make_error_code(errc::closed) : std::error_code{};
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

  // Clear while the limit is not over; else that, or what comes before it.
  std::error_code given_up(const until& limit) {
    const auto over = limit.over<Platform>();
    if (!over) return {};
    auto held = core_.enter();
    const auto refused = core_.write_refusal(held);
    return refused ? refused : over;
  }
  // `limit`: none if it must not wait.
  std::error_code flush_inside(const until* limit) {
    std::error_code result;
    bool lost = false;
    {
      auto held = core_.enter();
      for (std::error_code stopped; !core_.flush_step(held, result);) {
        if (limit == nullptr) stopped = errc::would_block;
        if (stopped) {
          core_.abandon_flush(held);
          result = stopped;
          break;
        }
        stopped = core_.wait(
            held, core_.writer_seat(), [this] { return core_.flush_ready(); }, *limit,
            core_.writer_counters());
      }
      lost = core_.nobody_reads(held);
    }
    if (lost) core_.tail().discard();
    return result;
  }

  // The parts of an awaited call, which is one of the end from begin() to finish() or
  // abandon_flush().
  [[nodiscard]] std::error_code begin() noexcept {
    return inside_.enter() ? std::error_code{} : make_error_code(errc::overlapping);
  }
  [[nodiscard]] std::error_code begin_write() noexcept {
    return closed_ ? make_error_code(errc::closed) : begin();
  }
  bool finish() noexcept {
    inside_.leave();
    return true;
  }
  bool flush_once(std::error_code& result) {
    bool lost = false;
    bool done = false;
    {
      auto held = core_.enter();
      done = core_.flush_step(held, result);
      lost = core_.nobody_reads(held);
    }
    if (lost) core_.tail().discard();
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
  bool closed_ = false;
};

}  // namespace annulus::pipelines
