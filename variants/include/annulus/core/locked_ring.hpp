// The contract over one lock, whatever keeps the bytes.
#pragma once

#include <algorithm>
#include <annulus/contract.hpp>
#include <annulus/core/locked_end.hpp>
#include <annulus/memory.hpp>
#include <new>
#include <utility>

namespace annulus {

/// What a writer does when the ring is full.
enum class overflow {
  wait,              ///< it waits for room
  overwrite_oldest,  ///< it drops the oldest bytes; only an open peek makes it wait
};

// clang-format off
/// A ring over a `Store`, which keeps the bytes and is called with the lock held:
///
///     size() capacity()   bytes
///     reserve(min)        writable memory of at least `min` bytes; may throw bad_alloc.
///                         Precondition: that much is free
///     commit(n)           publishes the first n reserved bytes
///     peek(min)           at least `min` readable bytes; may throw bad_alloc.
///                         Precondition: that many are there
///     consume(n)          drops the first n bytes
///     clear()             drops everything
///     memory()            the memory_report of all that it holds
///
/// Bytes are copied with the lock held, so that the writer can overwrite the oldest.
// clang-format on
template <class Store, class Platform = std_platform>
class locked_ring : public observers<locked_ring<Store, Platform>> {
  using core_type = locked_core<Platform>;
  using lock = typename core_type::lock;

 public:
  class writer_end : public locked_end<writer_end, core_type, role::writer> {
    using base = locked_end<writer_end, core_type, role::writer>;
    using typename base::call_scope;

   public:
    using base::capacity;

    transfer try_write(bytes_view from) {
      auto held = core_.enter();
      return put(held, from);
    }

    transfer write(bytes_view from, const until& limit = {}) {
      const call_scope inside(waiting_);
      auto held = core_.enter();
      reserved_ = 0;
      if (const auto error = base::refusal(held, limit)) return {0, error};
      std::size_t done = 0;
      for (std::error_code stopped;;) {
        const auto step = put(held, from.subspan(done));
        done += step.bytes;
        if (step.error != errc::would_block) return {done, step.error};
        if (stopped || (stopped = limit.template over<Platform>())) return {done, stopped};
        stopped = wait_room(held, 1, limit);
      }
    }

    reservation try_reserve(std::size_t min) {
      auto held = core_.enter();
      return reserve_now(held, min);
    }

    reservation reserve(std::size_t min, const until& limit = {}) {
      const call_scope inside(waiting_);
      auto held = core_.enter();
      reserved_ = 0;
      if (min > capacity()) return {{}, errc::exceeds_capacity};
      if (const auto error = base::refusal(held, limit)) return {{}, error};
      for (std::error_code stopped;;) {
        const auto got = reserve_now(held, min);
        if (got.error != errc::would_block) return got;
        if (stopped) return {{}, stopped};
        stopped = wait_room(held, min, limit);
      }
    }

    std::error_code commit(std::size_t n) {
      auto held = core_.enter();
      if (n > reserved_) return errc::commit_overrun;
      if (const auto error = base::refusal(held)) return error;
      publish(held, n);
      return {};
    }

   private:
    friend locked_ring;
    friend base;
    friend observers<writer_end>;
    using base::core_;
    using base::counters;
    using base::waiting_;
    explicit writer_end(locked_ring& owner) noexcept : base(owner.core_), ring_(owner) {}
    const locked_ring& observed() const noexcept { return ring_; }

    // Accepts what fits now.
    transfer put(lock& held, bytes_view from) {
      reserved_ = 0;
      if (const auto error = base::refusal(held)) return {0, error};
      auto done = from.size() - make_room(from.size());
      counters().moved(done);
      for (;;) {
        if (done == from.size()) return {done, {}};
        if (ring_.room() == 0) return {done, errc::would_block};
        const auto piece = reserve_in_store(1);
        if (piece.error) return {done, piece.error};
        const auto n = std::min(from.size() - done, piece.memory.size());
        copy_bytes<Platform>(from.subspan(done, n), piece.memory);
        publish(held, n);
        done += n;
        if (const auto error = base::refusal(held)) return {done, error};
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
      counters().overwrote(n - kept + dropped);
      return kept;
    }

    reservation reserve_now(lock& held, std::size_t min) {
      reserved_ = 0;
      if (min > ring_.store_.capacity()) return {{}, errc::exceeds_capacity};
      if (const auto error = base::refusal(held)) return {{}, error};
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
      counters().moved(n);
      ring_.sample(counters(), sample_);
      if (ring_.store_.size() >= ring_.reader_wants_) base::rouse_peer(held);
    }

    [[nodiscard]] bool can_go_on(const lock& held, std::size_t room) const noexcept {
      return ring_.room() >= room || ring_.may_overwrite() || base::refusal(held);
    }
    bool must_wait(const lock& held, std::size_t min) noexcept {
      if (can_go_on(held, min)) return false;
      ring_.writer_wants_ = min;
      return true;
    }
    std::error_code wait_room(lock& held, std::size_t n, const until& limit) {
      if (!must_wait(held, n)) return {};
      return base::wait(
          held, [&] { return can_go_on(held, n); }, limit);
    }

    [[nodiscard]] bool is_drained(const lock&) const noexcept { return ring_.store_.size() == 0; }
    std::error_code wait_drained(lock& held, const until& limit) {
      ring_.writer_wants_ = capacity();
      return base::wait(
          held, [&] { return is_drained(held) || core_.drain_refusal(held); }, limit);
    }

    locked_ring& ring_;
    std::size_t reserved_ = 0;
    std::uint64_t sample_ = 0;
  };

  class reader_end : public locked_end<reader_end, core_type, role::reader> {
    using base = locked_end<reader_end, core_type, role::reader>;
    using typename base::call_scope;

   public:
    using base::capacity;

    transfer try_read(bytes_span to) {
      auto held = core_.enter();
      return take(held, to);
    }

    transfer read(bytes_span to, std::size_t min = 1, const until& limit = {}) {
      if (min > to.size()) return {0, errc::minimum_exceeds_span};
      const call_scope inside(waiting_);
      auto held = core_.enter();
      end_peek(held);
      if (const auto error = base::refusal(held, limit)) return {0, error};
      std::size_t done = 0;
      for (std::error_code stopped;;) {
        const auto step = take(held, to.subspan(done));
        done += step.bytes;
        if (step.error && step.error != errc::would_block) return {done, step.error};
        if (done >= min) return {done, {}};
        if (stopped || (stopped = limit.template over<Platform>())) return {done, stopped};
        stopped = wait_bytes(held, std::min(min - done, ring_.store_.capacity()), limit);
      }
    }

    peeked try_peek(std::size_t min) {
      auto held = core_.enter();
      return peek_now(held, min);
    }

    peeked peek(std::size_t min, const until& limit = {}) {
      const call_scope inside(waiting_);
      auto held = core_.enter();
      end_peek(held);
      if (min > capacity()) return {{}, errc::exceeds_capacity};
      if (const auto error = base::refusal(held, limit)) return {{}, error};
      for (std::error_code stopped;;) {
        const auto got = peek_now(held, min);
        if (got.error != errc::would_block) return got;
        if (stopped) return {got.data, stopped};
        end_peek(held);
        stopped = wait_bytes(held, min, limit);
      }
    }

    std::error_code consume(std::size_t n) {
      auto held = core_.enter();
      if (n > peeked_) return errc::consume_overrun;
      if (const auto error = base::refusal(held)) return error;
      release(held, n);
      return {};
    }

   private:
    friend locked_ring;
    friend base;
    friend observers<reader_end>;
    using base::core_;
    using base::counters;
    using base::waiting_;
    explicit reader_end(locked_ring& owner) noexcept : base(owner.core_), ring_(owner) {}
    const locked_ring& observed() const noexcept { return ring_; }

    // Takes what is there now.
    transfer take(lock& held, bytes_span to) {
      end_peek(held);
      std::size_t done = 0;
      for (;;) {
        if (const auto error = base::refusal(held)) return {done, error};
        if (done == to.size()) return {done, {}};
        if (ring_.store_.size() == 0) break;
        const auto data = ring_.store_.peek(1);
        const auto n = std::min(to.size() - done, data.size());
        copy_bytes<Platform>(data.prefix(n), to.subspan(done, n));
        release(held, n);
        done += n;
      }
      if (done > 0) return {done, {}};
      return {0, core_.end_or_wait(held)};
    }

    peeked peek_now(lock& held, std::size_t min) {
      end_peek(held);
      if (min > ring_.store_.capacity()) return {{}, errc::exceeds_capacity};
      if (const auto error = base::refusal(held)) return {{}, error};
      try {
        const auto data = ring_.store_.peek(std::min(min, ring_.store_.size()));
        peeked_ = data.size();
        if (peeked_ >= min) return {data, {}};
        return {data, core_.end_or_wait(held)};
      } catch (const std::bad_alloc&) {
        return {{}, std::make_error_code(std::errc::not_enough_memory)};
      }
    }

    // A writer that overwrites waits only for this.
    void end_peek(lock& held) {
      if (std::exchange(peeked_, 0) != 0 && ring_.may_overwrite()) base::rouse_peer(held);
    }

    void release(lock& held, std::size_t n) {
      end_peek(held);
      if (n == 0) return;
      ring_.store_.consume(n);
      counters().moved(n);
      ring_.sample(counters(), sample_);
      if (ring_.room() >= ring_.writer_wants_) base::rouse_peer(held);
    }

    [[nodiscard]] bool can_go_on(const lock& held, std::size_t bytes) const noexcept {
      return ring_.store_.size() >= bytes || core_.is_closed(held, role::writer) ||
             base::refusal(held);
    }
    bool must_wait(lock& held, std::size_t min) {
      end_peek(held);
      if (can_go_on(held, min)) return false;
      ring_.reader_wants_ = min;
      return true;
    }
    std::error_code wait_bytes(lock& held, std::size_t n, const until& limit) {
      if (!must_wait(held, n)) return {};
      return base::wait(
          held, [&] { return can_go_on(held, n); }, limit);
    }

    locked_ring& ring_;
    std::size_t peeked_ = 0;
    std::uint64_t sample_ = 0;
  };

  explicit locked_ring(std::size_t capacity) : store_(capacity) {}
  locked_ring(std::size_t capacity, const memory_policy& memory) : store_(capacity, memory) {}
  explicit locked_ring(Store store) : store_(std::move(store)) {}
  /// With overflow::overwrite_oldest a write always accepts everything and keeps the last
  /// capacity() bytes; `stats().writer.overwritten` counts what was dropped. A reservation drops to
  /// make room for its minimum, whatever is committed of it.
  locked_ring(std::size_t capacity, overflow when_full,
              const memory_policy& memory = memory_policy::usual())
      : store_(capacity, memory), overflow_(when_full) {}
  locked_ring(const locked_ring&) = delete;
  locked_ring& operator=(const locked_ring&) = delete;
  /// An end that waits gets errc::destroyed, and is let out of its call first.
  ~locked_ring() {
    core_.destroy();
    writer_.wait_until_left();
    reader_.wait_until_left();
  }

  [[nodiscard]] writer_end& writer() noexcept { return writer_; }
  [[nodiscard]] reader_end& reader() noexcept { return reader_; }

  void fail(std::error_code error) {
    auto held = core_.enter();
    core_.fail(held, error);
  }

  [[nodiscard]] memory_report memory() const {
    const auto held = core_.enter();
    return store_.memory();
  }

  void reset() {
    const auto held = core_.enter();
    core_.reset(held);
    store_.clear();
    writer_.reserved_ = reader_.peeked_ = 0;
    writer_.sample_ = reader_.sample_ = 0;
  }

 private:
  friend observers<locked_ring>;
  friend observers<writer_end>;
  friend observers<reader_end>;

  const locked_ring& observed() const noexcept { return *this; }
  [[nodiscard]] std::size_t buffered() const noexcept {
    const auto held = core_.enter();
    return store_.size();
  }
  [[nodiscard]] std::size_t storage_capacity() const noexcept { return store_.capacity(); }
  [[nodiscard]] std::size_t span_limit() const noexcept { return store_.capacity(); }
  [[nodiscard]] ring_stats counted() const noexcept { return core_.counted(); }

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

  core_type core_;
  // Guarded by its lock, with what each end waits for while it sits.
  Store store_;
  overflow overflow_ = overflow::wait;
  std::size_t writer_wants_ = 0, reader_wants_ = 0;
  writer_end writer_{*this};
  reader_end reader_{*this};
};

}  // namespace annulus
