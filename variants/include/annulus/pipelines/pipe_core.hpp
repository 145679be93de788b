// The state that both ends of a pipe share, and every change of it.
#pragma once

#include <algorithm>
#include <annulus/core/monitor.hpp>
#include <annulus/core/platform.hpp>
#include <annulus/error.hpp>
#include <annulus/pipelines/pipe_options.hpp>
#include <annulus/pipelines/results.hpp>
#include <annulus/pipelines/segment_stock.hpp>
#include <annulus/pipelines/spinning_seat.hpp>
#include <annulus/pipelines/write_tail.hpp>
#include <annulus/stats.hpp>
#include <annulus/until.hpp>
#include <cassert>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <system_error>
#include <utility>

namespace annulus::pipelines {

/// One monitor over positions in the stream: consumed <= committed, examined <= committed. What
/// takes a `lock` is called with it held. What waits does so in steps: a step does what can be done
/// now and says whether that is all, and `..._ready` says whether another step is worth while; so
/// that blocking calls and coroutines are the same code. Semantics: System.IO.Pipelines.
template <class Platform>
class pipe_core {
  using segment_type = segment<Platform>;

 public:
  using lock = typename monitor<Platform>::lock;
  using seat = spinning_seat<Platform>;
  using cursor = basic_cursor<Platform>;
  using buffer = basic_readable_buffer<Platform>;
  using read_result = basic_read_result<Platform>;

  explicit pipe_core(const basic_pipe_options<Platform>& options)
      : pipe_core(options, std::max(options.pause_threshold, std::size_t{64} << 10) +
                               2 * options.minimum_segment) {}
  /// `keep_bytes`: of segments, kept for the writer until the pipe ends.
  pipe_core(const basic_pipe_options<Platform>& options, std::size_t keep_bytes)
      : pause_(options.pause_threshold),
        resume_(std::max<std::size_t>(options.resume_threshold, 1)),
        max_(options.max_size),
        stock_(std::make_shared<segment_stock<Platform>>(
            options.pool ? options.pool : std::make_shared<basic_memory_pool<Platform>>(),
            keep_bytes)),
        tail_(*stock_, options.minimum_segment) {}
  pipe_core(const pipe_core&) = delete;
  pipe_core& operator=(const pipe_core&) = delete;
  ~pipe_core() { give_back(); }

  /// The lock held, and counted.
  class entry {
   public:
    explicit entry(pipe_core& into) : held_(into.monitor_.enter()) { ++into.acquisitions_; }
    // NOLINTNEXTLINE(google-explicit-constructor): it is the lock
    operator lock&() noexcept { return held_; }

   private:
    lock held_;
  };
  [[nodiscard]] entry enter() { return entry(*this); }

  // --- The writer's side ---

  /// The writer's own, without the lock.
  [[nodiscard]] write_tail<Platform>& tail() noexcept { return tail_; }
  /// What may be allocated or appended before the next commit.
  [[nodiscard]] std::size_t allowance() const noexcept {
    return max_ == 0 ? std::numeric_limits<std::size_t>::max() : max_ - tail_.uncommitted();
  }
  /// Why nothing that is committed will be read. Whichever error came first stays.
  [[nodiscard]] std::error_code write_refusal(const lock&) const noexcept {
    if (reader_.error) return reader_.error;
    if (failure_) return failure_;
    return reader_.done ? make_error_code(errc::closed) : std::error_code{};
  }
  /// Publishes all that was advanced, or nothing.
  std::error_code commit(lock& held) noexcept {
    if (const auto error = write_refusal(held)) return error;
    return publish_if_it_fits() ? std::error_code{} : errc::would_block;
  }
  /// Publishes, announces, and is done unless the pipe is paused or full.
  bool flush_step(lock& held, std::error_code& result) noexcept {
    room_wanted_ = 0;
    if ((result = write_refusal(held))) return true;
    const bool published = publish_if_it_fits();
    announce(held);
    if (std::exchange(flush_cancelled_, false)) {
      result = errc::cancelled;
      return true;
    }
    if (published) return !paused_;
    room_wanted_ = tail_.uncommitted();
    if (wedged()) rouse(reader_seat_, held, writer_counters_);
    return false;
  }
  [[nodiscard]] bool flush_ready() const noexcept {
    if (nobody_reads() || flush_cancelled_) return true;
    return room_wanted_ != 0 ? fits(room_wanted_) : !paused_;
  }
  /// The flush ends without being done.
  void abandon_flush(const lock&) noexcept { room_wanted_ = 0; }
  void cancel_flush(lock& held) noexcept {
    flush_cancelled_ = true;
    rouse(writer_seat_, held, reader_counters_);
  }

  /// Nothing that is committed from now on will be read: discard the tail, without the lock.
  [[nodiscard]] bool nobody_reads(const lock&) const noexcept { return nobody_reads(); }
  /// Whether nothing more will be read. Implies flush_ready(), by which the writer is told.
  [[nodiscard]] bool no_more_reads() const noexcept {
    return nobody_reads() || (writer_.done && consumed_ == committed_.position_);
  }
  [[nodiscard]] std::error_code reading_error(const lock&) const noexcept {
    return reader_.error ? reader_.error : failure_;
  }

  /// Precondition: nothing is uncommitted. True if both ends have closed: call give_back() without
  /// the lock. Before that the tail is not the writer's any more.
  bool close_writer(lock& held, std::error_code error) noexcept {
    assert(tail_.uncommitted() == 0);
    writer_ = {true, first(error)};
    unannounced_ = false;
    rouse(reader_seat_, held, writer_counters_);
    return reader_.done;
  }

  // --- The reader's side ---

  /// Why there can be no read, as far as that is no matter of waiting.
  [[nodiscard]] std::error_code read_refusal(const lock&, std::size_t min) const noexcept {
    if (reader_.done) return errc::closed;
    if (reading_) return errc::read_in_progress;
    if (max_ != 0 && min > max_) return errc::exceeds_capacity;
    return writer_.error ? writer_.error : failure_;
  }
  /// Opens a read of all that is there if there are at least `min` bytes and an unexamined one, or
  /// something to tell. Otherwise a waiting writer is let go on, so that there will be.
  bool read_step(lock& held, std::size_t min, read_result& result) noexcept {
    result = {};
    if ((result.error = read_refusal(held, min))) return true;
    minimum_ = min;
    if (!read_ready()) {
      if (std::exchange(paused_, false)) rouse(writer_seat_, held, reader_counters_);
      return false;
    }
    open_read(held, result);
    return true;
  }
  /// The same for a call that does not wait.
  void try_read(lock& held, read_result& result) noexcept {
    if ((result.error = read_refusal(held, 1))) return;
    minimum_ = 1;
    if (read_ready()) return open_read(held, result);
    minimum_ = 0;
    result.error = errc::would_block;
  }
  [[nodiscard]] bool read_ready() const noexcept {
    return readable() || read_cancelled_ || writer_.done || failure_ || wedged();
  }
  void abandon_read(const lock&) noexcept { minimum_ = 0; }
  void cancel_read(lock& held) noexcept {
    read_cancelled_ = true;
    rouse(reader_seat_, held, writer_counters_);
  }

  /// Ends the open read. Returns the segments that are done with, [first, last): release them
  /// without the lock.
  std::error_code advance(lock& held, const cursor& consumed, const cursor& examined,
                          std::pair<segment_type*, segment_type*>& done) noexcept {
    if (reader_.done) return errc::closed;
    if (!reading_) return errc::no_read;
    if (const auto error = misplaced(consumed)) return error;
    if (const auto error = misplaced(examined)) return error;
    if (examined < consumed) return errc::examined_before_consumed;
    reading_ = false;
    done = drop(held, consumed.position_, examined.position_);
    return {};
  }

  /// `last`: whether both ends have closed, as above.
  std::error_code close_reader(lock& held, std::error_code error, bool& last) noexcept {
    if (reader_.done) return errc::closed;
    reader_ = {true, first(error)};
    reading_ = false;
    last = writer_.done;
    tell_writer(held);
    return {};
  }

  // --- Of an end that moves bytes and keeps no snapshot open (annulus/segment.hpp) ---

  [[nodiscard]] bool writer_done(const lock&) const noexcept { return writer_.done; }
  [[nodiscard]] bool reader_done(const lock&) const noexcept { return reader_.done; }
  [[nodiscard]] std::error_code failure(const lock&) const noexcept { return failure_; }
  [[nodiscard]] std::size_t buffered(const lock&) const noexcept { return buffered(); }
  [[nodiscard]] std::size_t room(const lock&) const noexcept { return max_ - buffered(); }

  /// Commits and announces what the tail has been advanced by. Precondition: it fits, and nothing
  /// speaks against it.
  void put(lock& held) noexcept {
    assert(fits(tail_.uncommitted()));
    room_wanted_ = 0;
    publish();
    announce(held);
  }
  /// All that is there.
  [[nodiscard]] buffer committed(const lock&) const noexcept {
    return {{head_, consumed_}, committed_};
  }
  /// Consumes up to a position, has examined up to another, and tells the writer. Returns the
  /// segments that are done with, as advance(). Precondition: consumed <= examined <= committed.
  std::pair<segment_type*, segment_type*> drop(lock& held, std::uint64_t consumed,
                                               std::uint64_t examined) noexcept {
    assert(consumed_ <= consumed && consumed <= examined && examined <= committed_.position_);
    reader_counters_.moved(consumed - consumed_);
    consumed_ = consumed;
    examined_ = examined;
    sample(reader_counters_, reader_sample_);
    auto* const first = head_;
    // The last published segment stays: the writer goes on behind its end.
    while (head_ != committed_.segment_ && head_->offset + head_->end <= consumed_)
      head_ = head_->next;
    if (unexamined() < resume_) paused_ = false;
    tell_writer(held);
    return {first, head_};
  }

  /// What a writer that sleeps or is armed waits for: room; 0: nothing.
  void want_room(const lock&, std::size_t bytes) noexcept { room_wanted_ = bytes; }
  /// The same of a reader: buffered bytes.
  void want_bytes(const lock&, std::size_t bytes) noexcept { minimum_ = bytes; }

  /// As new, with the same memory and all counts 0. Precondition: neither end is in a call.
  void restart() noexcept {
    const auto held = monitor_.enter();
    tail_.discard();
    release_chain();
    begin_stream();
    writer_sample_ = reader_sample_ = 0;
    writer_counters_.reset();
    reader_counters_.reset();
  }

  // --- Both ---

  [[nodiscard]] seat& writer_seat() noexcept { return writer_seat_; }
  [[nodiscard]] seat& reader_seat() noexcept { return reader_seat_; }
  end_counters<Platform>& writer_counters() noexcept { return writer_counters_; }
  end_counters<Platform>& reader_counters() noexcept { return reader_counters_; }
  template <class Ready>
  std::error_code wait(lock& held, seat& where, Ready ready, const until& limit,
                       end_counters<Platform>& counters) {
    return where.wait(monitor_, held, ready, limit, counters);
  }
  bool arm(lock&, seat& where, waker& who) noexcept {
    where.arm(who);
    return true;
  }
  bool disarm(lock&, seat& where, waker& who) noexcept { return where.disarm(who); }
  void wake(lock& held, seat& where) noexcept { where.notify(held); }
  [[nodiscard]] segment_stock<Platform>& stock() noexcept { return *stock_; }

  /// All memory goes back to the pool. Once both ends have closed, without the lock.
  void give_back() noexcept {
    tail_.discard();
    release_chain();
    stock_->close();
  }
  /// Both ends see `error` from now on, if it is the first one, and whoever waits goes.
  void fail(lock& held, std::error_code error) noexcept {
    if (!failure_) failure_ = lasting(error);
    reader_seat_.notify(held);
    writer_seat_.notify(held);
  }
  /// Lets whoever waits go, with errc::destroyed.
  void destroy() noexcept {
    auto held = monitor_.enter();
    fail(held, errc::destroyed);
  }
  std::error_code reset() noexcept {
    const auto held = monitor_.enter();
    if (!writer_.done || !reader_.done) return errc::not_closed;
    begin_stream();
    stock_->reopen();
    return {};
  }

  /// The counts of both ends, without the lock.
  [[nodiscard]] ring_stats counted() const noexcept {
    return {writer_counters_.snapshot(), reader_counters_.snapshot()};
  }
  /// Committed bytes that are not consumed.
  [[nodiscard]] std::size_t size() const {
    const auto held = monitor_.enter();
    return buffered();
  }
  [[nodiscard]] pipe_stats stats() const {
    const auto held = monitor_.enter();
    return {.writer = writer_counters_.snapshot(),
            .reader = reader_counters_.snapshot(),
            .lock_acquisitions = acquisitions_,
            .leases = stock_->leases(),
            .allocations = stock_->allocations(),
            .segments = stock_->segments(),
            .pinned_bytes = stock_->pinned_bytes(),
            .buffered = buffered(),
            .unexamined = unexamined()};
  }

 private:
  struct closing {
    bool done = false;
    std::error_code error{};
  };

  [[nodiscard]] std::size_t buffered() const noexcept {
    return static_cast<std::size_t>(committed_.position_ - consumed_);
  }
  [[nodiscard]] std::size_t unexamined() const noexcept {
    return static_cast<std::size_t>(committed_.position_ - examined_);
  }
  [[nodiscard]] bool fits(std::size_t fresh) const noexcept {
    return max_ == 0 || fresh <= max_ - buffered();
  }
  [[nodiscard]] bool readable() const noexcept {
    return unexamined() > 0 && buffered() >= minimum_;
  }
  // The writer waits for the reader to consume, and the reader for more: neither would ever go on.
  [[nodiscard]] bool wedged() const noexcept { return buffered() > 0 && !fits(room_wanted_); }

  [[nodiscard]] bool nobody_reads() const noexcept { return reader_.done || failure_; }
  // The first error stays: one that an end closes with is none if the pipe has failed before, and
  // is told instead of a later failure of the pipe.
  [[nodiscard]] std::error_code first(std::error_code error) const noexcept {
    return failure_ || is_clean_end(error) ? std::error_code{} : lasting(error);
  }
  bool publish_if_it_fits() noexcept {
    if (!fits(tail_.uncommitted())) return false;
    publish();
    return true;
  }
  void publish() noexcept {
    const auto fresh = tail_.uncommitted();
    if (fresh == 0) return;
    committed_ = tail_.publish();
    if (head_ == nullptr) head_ = tail_.first();
    writer_counters_.moved(fresh);
    sample(writer_counters_, writer_sample_);
    unannounced_ = true;
    // By level rather than by edge: what was committed while a reader waited for more than the
    // threshold counts again as soon as that reader has it.
    if (pause_ != 0 && unexamined() >= pause_ && buffered() >= minimum_) paused_ = true;
  }
  // Only a limited pipe can be more or less full.
  void sample(end_counters<Platform>& counters, std::uint64_t& next) const noexcept {
    const auto moved = counters.bytes();
    if (max_ == 0 || moved < next) return;
    next = moved + sample_interval(max_);
    counters.saw(buffered(), max_);
  }
  // Wakes the reader if anything was committed since the last time, and it can proceed.
  void announce(lock& held) noexcept {
    if (std::exchange(unannounced_, false) && read_ready())
      rouse(reader_seat_, held, writer_counters_);
  }
  void tell_writer(lock& held) noexcept {
    if (flush_ready()) rouse(writer_seat_, held, reader_counters_);
  }
  static void rouse(seat& where, lock& held, end_counters<Platform>& counters) noexcept {
    if (!where.notify(held)) return;
    counters.woke();
    counters.entered_kernel(1);
  }

  void open_read(const lock& held, read_result& result) noexcept {
    const bool wanted = readable();
    minimum_ = 0;
    if (std::exchange(read_cancelled_, false)) {
      result.error = errc::cancelled;
      return;
    }
    result.closed = writer_.done;
    if (!wanted && !result.closed) result.error = errc::exceeds_capacity;
    result.buffer = snapshot_ = committed(held);
    reading_ = true;
  }
  // Positions tell a cursor of another read, the segment one of another pipe.
  [[nodiscard]] std::error_code misplaced(const cursor& place) const noexcept {
    if (place < snapshot_.start_) return errc::stale_cursor;
    if (place > snapshot_.finish_) return errc::cursor_beyond_end;
    if (place.segment_ == snapshot_.finish_.segment_) return {};
    for (const auto* each = snapshot_.start_.segment_; each != snapshot_.finish_.segment_;
         each = each->next) {
      if (each == place.segment_) return {};
    }
    return errc::stale_cursor;
  }

  void begin_stream() noexcept {
    writer_ = reader_ = {};
    failure_ = {};
    consumed_ = examined_ = committed_.position_;
    minimum_ = room_wanted_ = 0;
    paused_ = flush_cancelled_ = read_cancelled_ = unannounced_ = false;
  }
  void release_chain() noexcept {
    const auto* const last = committed_.segment_;
    for (auto* each = std::exchange(head_, nullptr); each != nullptr;) {
      segment_type* const next = each == last ? nullptr : static_cast<segment_type*>(each->next);
      stock_->release(*each);
      each = next;
    }
    committed_.segment_ = nullptr;
    snapshot_ = {};
    tail_.forget();
  }

  // For the lock, which nobody holds while bytes are copied, before a sleep.
  static constexpr std::chrono::nanoseconds glances{4000};

  const std::size_t pause_, resume_, max_;
  const std::shared_ptr<segment_stock<Platform>> stock_;
  // On lines of its own: the writer's, until both have closed.
  alignas(line_bytes) write_tail<Platform> tail_;
  alignas(line_bytes) mutable monitor<Platform> monitor_{Platform::pauses_in(glances)};
  // Guarded by the monitor.
  seat writer_seat_, reader_seat_;
  segment_type* head_ = nullptr;
  cursor committed_{};
  std::uint64_t consumed_ = 0, examined_ = 0;
  buffer snapshot_{};            // of the last read
  std::size_t minimum_ = 0;      // that a waiting read asks for
  std::size_t room_wanted_ = 0;  // by a waiting flush
  bool reading_ = false, paused_ = false, unannounced_ = false;
  bool flush_cancelled_ = false, read_cancelled_ = false;
  std::error_code failure_{};  // of both ends
  closing writer_, reader_;
  std::uint64_t acquisitions_ = 0;
  std::uint64_t writer_sample_ = 0, reader_sample_ = 0;  // bytes at the next look for the histogram
  alignas(line_bytes) end_counters<Platform> writer_counters_;
  alignas(line_bytes) end_counters<Platform> reader_counters_;
};
static_assert(alignof(pipe_core<std_platform>) == line_bytes);

}  // namespace annulus::pipelines
