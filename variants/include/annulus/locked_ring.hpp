// The contract over one lock, whatever keeps the bytes.
#pragma once

#include <algorithm>
#include <annulus/contract.hpp>
#include <annulus/memory.hpp>
#include <annulus/monitor.hpp>
#include <annulus/status.hpp>
#include <annulus/waiting_room.hpp>
#include <new>
#include <utility>

namespace annulus {

/// What a writer does when the ring is full.
enum class overflow {
  wait,              ///< it waits for room
  overwrite_oldest,  ///< it drops the oldest bytes; only an open peek makes it wait
};

/// A ring over a `Store`, which keeps the bytes and is called with the lock held:
///   size() capacity()   bytes
///   reserve(min)        writable memory of at least `min` bytes; may throw bad_alloc.
///   Precondition:
///                       that much is free
///   commit(n)           publishes the first n reserved bytes
///   peek(min)           at least `min` readable bytes; may throw bad_alloc. Precondition: that
///   many
///                       are there
///   consume(n)          drops the first n bytes
///   clear()             drops everything
///   memory()            the memory_report of all that it holds
/// Bytes are copied with the lock held, so that the writer can overwrite the oldest.
template <class Store, class Platform = std_platform>
class locked_ring : public observers<locked_ring<Store, Platform>> {
  using lock = typename monitor<Platform>::lock;
  using seat = typename monitor<Platform>::seat;
  using room_guest = typename waiting_room<Platform>::guest;

 public:
  class writer_end : public observers<writer_end> {
   public:
    writer_end(const writer_end&) = delete;
    writer_end& operator=(const writer_end&) = delete;

    transfer try_write(bytes_view from) {
      auto held = ring_.monitor_.enter();
      return put(held, from);
    }

    transfer write(bytes_view from, const until& limit = {}) {
      const room_guest inside(waiting_);
      auto held = ring_.monitor_.enter();
      std::size_t done = 0;
      for (std::error_code stopped;;) {
        const auto step = put(held, from.subspan(done));
        done += step.bytes;
        if (step.error != errc::would_block) return {done, step.error};
        if (stopped) return {done, stopped};
        stopped = wait_room(held, 1, limit);
      }
    }

    reservation try_reserve(std::size_t min) {
      auto held = ring_.monitor_.enter();
      return reserve_now(min);
    }

    reservation reserve(std::size_t min, const until& limit = {}) {
      const room_guest inside(waiting_);
      auto held = ring_.monitor_.enter();
      for (std::error_code stopped;;) {
        const auto got = reserve_now(min);
        if (got.error != errc::would_block) return got;
        if (stopped) return {{}, stopped};
        stopped = wait_room(held, min, limit);
      }
    }

    std::error_code commit(std::size_t n) {
      auto held = ring_.monitor_.enter();
      if (n > reserved_) return errc::commit_overrun;
      if (const auto error = ring_.status_.writer_refusal()) return error;
      publish(held, n);
      return {};
    }

    std::error_code flush(const until& limit = {}) {
      const room_guest inside(waiting_);
      auto held = ring_.monitor_.enter();
      const auto drained = [this] {
        return ring_.store_.size() == 0 || ring_.status_.flush_refusal();
      };
      const auto stopped = wait(held, ring_.store_.capacity(), drained, limit);
      const auto error = ring_.status_.flush_refusal();
      return error ? error : stopped;
    }

    void close() {
      auto held = ring_.monitor_.enter();
      ring_.status_.close_writer();
      ring_.reader_seat_.notify(held);
    }
    void close(std::error_code error) {
      if (!error) return close();
      auto held = ring_.monitor_.enter();
      if (!ring_.status_.writer_is_closed()) ring_.fail(held, error);
    }

    // Told at the minimum: to wait for what is useful, an end would have to be told as well when
    // the other waits for it in its turn, and a call that takes a lock anyway has less to gain.
    bool arm(std::size_t min, waker& who, std::size_t /*useful*/ = 0) {
      auto held = ring_.monitor_.enter();
      if (can_go_on(min)) return false;
      ring_.writer_wants_ = min;
      ring_.writer_seat_.arm(who);
      return true;
    }
    bool disarm(waker& who) {
      auto held = ring_.monitor_.enter();
      return ring_.writer_seat_.disarm(who);
    }
    void wake() {
      auto held = ring_.monitor_.enter();
      ring_.writer_seat_.notify(held);
    }

   private:
    friend locked_ring;
    friend observers<writer_end>;
    explicit writer_end(locked_ring& owner) noexcept : ring_(owner) {}
    const locked_ring& observed() const noexcept { return ring_; }

    // Accepts what fits now.
    transfer put(lock& held, bytes_view from) {
      reserved_ = 0;
      if (const auto error = ring_.status_.writer_refusal()) return {0, error};
      auto done = from.size() - make_room(from.size());
      counters_.moved(done);
      for (;;) {
        if (done == from.size()) return {done, {}};
        if (ring_.room() == 0) return {done, errc::would_block};
        const auto piece = reserve_in_store(1);
        if (piece.error) return {done, piece.error};
        const auto n = std::min(from.size() - done, piece.memory.size());
        copy_bytes<Platform>(from.subspan(done, n), piece.memory);
        publish(held, n);
        done += n;
        if (const auto error = ring_.status_.writer_refusal()) return {done, error};
      }
    }

    // Drops the oldest bytes to make room for `n`, if that is what the ring does and no peek is
    // open. Returns how many of the n are worth writing: what exceeds the capacity would be dropped
    // at once.
    std::size_t make_room(std::size_t n) noexcept {
      if (!ring_.may_overwrite()) return n;
      const auto kept = std::min(n, ring_.store_.capacity());
      const auto dropped = kept - std::min(kept, ring_.room());
      ring_.store_.consume(dropped);
      counters_.overwrote(n - kept + dropped);
      return kept;
    }

    reservation reserve_now(std::size_t min) {
      reserved_ = 0;
      if (min > ring_.store_.capacity()) return {{}, errc::exceeds_capacity};
      if (const auto error = ring_.status_.writer_refusal()) return {{}, error};
      make_room(min);
      if (ring_.room() < min) return {{}, errc::would_block};
      const auto got = reserve_in_store(min);
      if (!got.error) reserved_ = got.memory.size();
      return got;
    }

    // The memory may be more than is free in a store that grows: the capacity bounds what may be
    // committed.
    reservation reserve_in_store(std::size_t min) {
      try {
        const auto memory = ring_.store_.reserve(min);
        return {memory.prefix(std::min(memory.size(), ring_.room())), {}};
      } catch (const std::bad_alloc&) {
        return {{}, std::make_error_code(std::errc::not_enough_memory)};
      }
    }

    void publish(lock& held, std::size_t n) {
      reserved_ = 0;
      if (n == 0) return;
      ring_.store_.commit(n);
      counters_.moved(n);
      ring_.sample(counters_, sample_);
      if (ring_.store_.size() >= ring_.reader_wants_)
        ring_.rouse(ring_.reader_seat_, held, counters_);
    }

    [[nodiscard]] bool can_go_on(std::size_t room) const noexcept {
      return ring_.room() >= room || ring_.may_overwrite() || ring_.status_.writer_refusal();
    }

    std::error_code wait_room(lock& held, std::size_t n, const until& limit) {
      return wait(
          held, n, [this, n] { return can_go_on(n); }, limit);
    }

    template <class Ready>
    std::error_code wait(lock& held, std::size_t room, Ready ready, const until& limit) {
      if (ready()) return {};
      ring_.writer_wants_ = room;
      return ring_.monitor_.wait(held, ring_.writer_seat_, ready, limit, counters_);
    }

    locked_ring& ring_;
    std::size_t reserved_ = 0;
    std::uint64_t sample_ = 0;
    end_counters<Platform> counters_;
    waiting_room<Platform> waiting_;
  };

  class reader_end : public observers<reader_end> {
   public:
    reader_end(const reader_end&) = delete;
    reader_end& operator=(const reader_end&) = delete;

    transfer try_read(bytes_span to) {
      auto held = ring_.monitor_.enter();
      return take(held, to);
    }

    transfer read(bytes_span to, std::size_t min = 1, const until& limit = {}) {
      if (min > to.size()) return {0, errc::minimum_exceeds_span};
      const room_guest inside(waiting_);
      auto held = ring_.monitor_.enter();
      std::size_t done = 0;
      for (std::error_code stopped;;) {
        const auto step = take(held, to.subspan(done));
        done += step.bytes;
        if (step.error && step.error != errc::would_block) return {done, step.error};
        if (done >= min) return {done, {}};
        if (stopped) return {done, stopped};
        stopped = wait_bytes(held, std::min(min - done, ring_.store_.capacity()), limit);
      }
    }

    peeked try_peek(std::size_t min) {
      auto held = ring_.monitor_.enter();
      return peek_now(held, min);
    }

    peeked peek(std::size_t min, const until& limit = {}) {
      const room_guest inside(waiting_);
      auto held = ring_.monitor_.enter();
      for (std::error_code stopped;;) {
        const auto got = peek_now(held, min);
        if (got.error != errc::would_block) return got;
        if (stopped) return {got.data, stopped};
        end_peek(held);
        stopped = wait_bytes(held, min, limit);
      }
    }

    std::error_code consume(std::size_t n) {
      auto held = ring_.monitor_.enter();
      if (n > peeked_) return errc::consume_overrun;
      if (const auto error = ring_.status_.reader_refusal()) return error;
      release(held, n);
      return {};
    }

    void close() {
      auto held = ring_.monitor_.enter();
      ring_.status_.close_reader();
      ring_.writer_seat_.notify(held);
    }
    void close(std::error_code error) {
      if (!error) return close();
      auto held = ring_.monitor_.enter();
      if (!ring_.status_.reader_is_closed()) ring_.fail(held, error);
    }

    bool arm(std::size_t min, waker& who, std::size_t /*useful*/ = 0) {
      auto held = ring_.monitor_.enter();
      end_peek(held);
      if (can_go_on(min)) return false;
      ring_.reader_wants_ = min;
      ring_.reader_seat_.arm(who);
      return true;
    }
    bool disarm(waker& who) {
      auto held = ring_.monitor_.enter();
      return ring_.reader_seat_.disarm(who);
    }
    void wake() {
      auto held = ring_.monitor_.enter();
      ring_.reader_seat_.notify(held);
    }

   private:
    friend locked_ring;
    friend observers<reader_end>;
    explicit reader_end(locked_ring& owner) noexcept : ring_(owner) {}
    const locked_ring& observed() const noexcept { return ring_; }

    // Takes what is there now.
    transfer take(lock& held, bytes_span to) {
      end_peek(held);
      std::size_t done = 0;
      for (;;) {
        if (const auto error = ring_.status_.reader_refusal()) return {done, error};
        if (done == to.size()) return {done, {}};
        if (ring_.store_.size() == 0) break;
        const auto data = ring_.store_.peek(1);
        const auto n = std::min(to.size() - done, data.size());
        copy_bytes<Platform>(data.prefix(n), to.subspan(done, n));
        release(held, n);
        done += n;
      }
      if (done > 0) return {done, {}};
      return {0, ring_.status_.writer_is_closed() ? ring_.status_.end() : errc::would_block};
    }

    peeked peek_now(lock& held, std::size_t min) {
      end_peek(held);
      if (min > ring_.store_.capacity()) return {{}, errc::exceeds_capacity};
      if (const auto error = ring_.status_.reader_refusal()) return {{}, error};
      try {
        const auto data = ring_.store_.peek(std::min(min, ring_.store_.size()));
        peeked_ = data.size();
        if (peeked_ >= min) return {data, {}};
        return {data, ring_.status_.writer_is_closed() ? ring_.status_.end() : errc::would_block};
      } catch (const std::bad_alloc&) {
        return {{}, std::make_error_code(std::errc::not_enough_memory)};
      }
    }

    // A writer that overwrites waits only for this.
    void end_peek(lock& held) {
      if (std::exchange(peeked_, 0) != 0 && ring_.may_overwrite()) {
        ring_.rouse(ring_.writer_seat_, held, counters_);
      }
    }

    void release(lock& held, std::size_t n) {
      end_peek(held);
      if (n == 0) return;
      ring_.store_.consume(n);
      counters_.moved(n);
      ring_.sample(counters_, sample_);
      if (ring_.room() >= ring_.writer_wants_) ring_.rouse(ring_.writer_seat_, held, counters_);
    }

    [[nodiscard]] bool can_go_on(std::size_t bytes) const noexcept {
      return ring_.store_.size() >= bytes || ring_.status_.writer_is_closed() ||
             ring_.status_.reader_refusal();
    }

    std::error_code wait_bytes(lock& held, std::size_t n, const until& limit) {
      const auto ready = [this, n] { return can_go_on(n); };
      if (ready()) return {};
      ring_.reader_wants_ = n;
      return ring_.monitor_.wait(held, ring_.reader_seat_, ready, limit, counters_);
    }

    locked_ring& ring_;
    std::size_t peeked_ = 0;
    std::uint64_t sample_ = 0;
    end_counters<Platform> counters_;
    waiting_room<Platform> waiting_;
  };

  explicit locked_ring(std::size_t capacity, const memory_policy& memory = {})
      : store_(capacity, memory) {}
  explicit locked_ring(Store store) : store_(std::move(store)) {}
  /// With overflow::overwrite_oldest a write always accepts everything and keeps the last
  /// capacity() bytes; `stats().writer.overwritten` counts what was dropped. A reservation drops to
  /// make room for its minimum, whatever is committed of it.
  locked_ring(std::size_t capacity, overflow when_full, const memory_policy& memory = {})
      : store_(capacity, memory), overflow_(when_full) {}
  locked_ring(const locked_ring&) = delete;
  locked_ring& operator=(const locked_ring&) = delete;
  /// An end that waits gets errc::destroyed, and is let out of its call first.
  ~locked_ring() {
    {
      auto held = monitor_.enter();
      fail(held, errc::destroyed);
    }
    writer_.waiting_.wait_until_empty();
    reader_.waiting_.wait_until_empty();
  }

  [[nodiscard]] writer_end& writer() noexcept { return writer_; }
  [[nodiscard]] reader_end& reader() noexcept { return reader_; }

  [[nodiscard]] memory_report memory() const {
    const auto held = monitor_.enter();
    return store_.memory();
  }

  void reset() {
    auto held = monitor_.enter();
    status_.reset();
    store_.clear();
    writer_.reserved_ = reader_.peeked_ = 0;
    writer_.sample_ = reader_.sample_ = 0;
    writer_.counters_.reset();
    reader_.counters_.reset();
  }

 private:
  friend observers<locked_ring>;
  friend observers<writer_end>;
  friend observers<reader_end>;

  const locked_ring& observed() const noexcept { return *this; }
  [[nodiscard]] std::size_t buffered() const noexcept {
    const auto held = monitor_.enter();
    return store_.size();
  }
  [[nodiscard]] std::size_t storage_capacity() const noexcept { return store_.capacity(); }
  [[nodiscard]] std::size_t span_limit() const noexcept { return store_.capacity(); }
  [[nodiscard]] ring_stats counted() const noexcept {
    return {writer_.counters_.snapshot(), reader_.counters_.snapshot()};
  }

  [[nodiscard]] std::size_t room() const noexcept { return store_.capacity() - store_.size(); }
  [[nodiscard]] bool may_overwrite() const noexcept {
    return overflow_ == overflow::overwrite_oldest && reader_.peeked_ == 0;
  }

  void sample(end_counters<Platform>& counters, std::uint64_t& next) const noexcept {
    const auto moved = counters.bytes();
    if (moved < next) return;
    next = moved + sample_interval(store_.capacity());
    counters.saw(store_.size(), store_.capacity());
  }

  static void rouse(seat& where, lock& held, end_counters<Platform>& counters) noexcept {
    if (!where.notify(held)) return;
    counters.woke();
    counters.entered_kernel(1);
  }

  void fail(lock& held, std::error_code error) {
    status_.fail(error);
    reader_seat_.notify(held);
    writer_seat_.notify(held);
  }

  monitor<Platform> monitor_;
  // Guarded by the monitor, with what each end waits for while it sits.
  Store store_;
  overflow overflow_ = overflow::wait;
  seat writer_seat_, reader_seat_;
  std::size_t writer_wants_ = 0, reader_wants_ = 0;
  stream_status<Platform> status_;
  writer_end writer_{*this};
  reader_end reader_{*this};
};

}  // namespace annulus
