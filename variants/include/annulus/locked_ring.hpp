// The contract over one lock: what `mutex` and `segment` have in common.
#pragma once

#include <algorithm>
#include <annulus/contract.hpp>
#include <annulus/memory.hpp>
#include <annulus/monitor.hpp>
#include <annulus/status.hpp>
#include <new>
#include <utility>

namespace annulus {

/// A ring over a `Store`, which keeps the bytes and is called with the lock held:
///   size() capacity()            bytes
///   reserve(min)                 writable memory, at least `min` bytes (precondition: that much is
///   free); may throw bad_alloc commit(n)                    publishes the first n reserved bytes
///   peek(min)                    readable bytes, at least `min` (precondition: that many are
///   there); may throw bad_alloc consume(n)                   drops the first n bytes clear() drops
///   everything
///   memory()                     the memory_report of all that it holds
/// `Store::copies_locked` says whether bytes are copied with the lock held, or only accounted for
/// under it.
template <class Store, class Platform = std_platform>
class locked_ring : public observers<locked_ring<Store, Platform>> {
  using lock = typename monitor<Platform>::lock;
  using seat = typename monitor<Platform>::seat;

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

    reservation reserve(std::size_t min, const until& limit = {}) {
      auto held = ring_.monitor_.enter();
      reserved_ = 0;
      if (min > ring_.store_.capacity()) return {{}, errc::exceeds_capacity};
      const auto stopped = wait_room(held, min, limit);
      if (const auto error = ring_.status_.writer_refusal()) return {{}, error};
      if (stopped) return {{}, stopped};
      const auto memory = reserve_in_store(min);
      if (!memory.error) reserved_ = memory.memory.size();
      return memory;
    }

    std::error_code commit(std::size_t n) {
      const auto held = ring_.monitor_.enter();
      if (n > reserved_) return errc::commit_overrun;
      if (const auto error = ring_.status_.writer_refusal()) return error;
      publish(n);
      return {};
    }

    std::error_code flush(const until& limit = {}) {
      auto held = ring_.monitor_.enter();
      const auto drained = [this] {
        return ring_.store_.size() == 0 || ring_.status_.flush_refusal();
      };
      const auto stopped = wait(held, ring_.store_.capacity(), drained, limit);
      const auto error = ring_.status_.flush_refusal();
      return error ? error : stopped;
    }

    void close() {
      const auto held = ring_.monitor_.enter();
      ring_.status_.close_writer();
      ring_.reader_seat_.notify();
    }
    void close(std::error_code error) {
      if (!error) return close();
      const auto held = ring_.monitor_.enter();
      if (!ring_.status_.writer_is_closed()) ring_.fail(error);
    }

   private:
    friend locked_ring;
    friend observers<writer_end>;
    explicit writer_end(locked_ring& owner) noexcept : ring_(owner) {}
    const locked_ring& observed() const noexcept { return ring_; }

    // Accepts what fits now.
    transfer put(lock& held, bytes_view from) {
      reserved_ = 0;
      std::size_t done = 0;
      for (;;) {
        if (const auto error = ring_.status_.writer_refusal()) return {done, error};
        if (done == from.size()) return {done, {}};
        if (ring_.room() == 0) return {done, errc::would_block};
        const auto piece = reserve_in_store(1);
        if (piece.error) return {done, piece.error};
        const auto n = std::min(from.size() - done, piece.memory.size());
        {
          const unlocked_copy outside(held);
          copy_bytes(from.subspan(done, n), piece.memory);
        }
        publish(n);
        done += n;
      }
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

    void publish(std::size_t n) {
      reserved_ = 0;
      if (n == 0) return;
      ring_.store_.commit(n);
      counters_.moved(n);
      if (ring_.store_.size() >= ring_.reader_wants_ && ring_.reader_seat_.notify())
        counters_.woke();
    }

    std::error_code wait_room(lock& held, std::size_t n, const until& limit) {
      const auto ready = [this, n] { return ring_.room() >= n || ring_.status_.writer_refusal(); };
      return wait(held, n, ready, limit);
    }

    template <class Ready>
    std::error_code wait(lock& held, std::size_t room, Ready ready, const until& limit) {
      if (ready()) return {};
      ring_.writer_wants_ = room;
      return ring_.monitor_.wait(held, ring_.writer_seat_, ready, limit, counters_);
    }

    locked_ring& ring_;
    std::size_t reserved_ = 0;
    end_counters<Platform> counters_;
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

    peeked peek(std::size_t min, const until& limit = {}) {
      auto held = ring_.monitor_.enter();
      peeked_ = 0;
      if (min > ring_.store_.capacity()) return {{}, errc::exceeds_capacity};
      auto error = wait_bytes(held, min, limit);
      if (const auto refused = ring_.status_.reader_refusal()) return {{}, refused};
      if (!error && ring_.store_.size() < min) error = errc::end_of_stream;
      try {
        const auto data = ring_.store_.peek(std::min(min, ring_.store_.size()));
        peeked_ = data.size();
        return {data, error};
      } catch (const std::bad_alloc&) {
        return {{}, std::make_error_code(std::errc::not_enough_memory)};
      }
    }

    std::error_code consume(std::size_t n) {
      const auto held = ring_.monitor_.enter();
      if (n > peeked_) return errc::consume_overrun;
      if (const auto error = ring_.status_.reader_refusal()) return error;
      release(n);
      return {};
    }

    void close() {
      const auto held = ring_.monitor_.enter();
      ring_.status_.close_reader();
      ring_.writer_seat_.notify();
    }
    void close(std::error_code error) {
      if (!error) return close();
      const auto held = ring_.monitor_.enter();
      if (!ring_.status_.reader_is_closed()) ring_.fail(error);
    }

   private:
    friend locked_ring;
    friend observers<reader_end>;
    explicit reader_end(locked_ring& owner) noexcept : ring_(owner) {}
    const locked_ring& observed() const noexcept { return ring_; }

    // Takes what is there now.
    transfer take(lock& held, bytes_span to) {
      peeked_ = 0;
      std::size_t done = 0;
      for (;;) {
        if (const auto error = ring_.status_.reader_refusal()) return {done, error};
        if (done == to.size()) return {done, {}};
        if (ring_.store_.size() == 0) break;
        const auto data = ring_.store_.peek(1);
        const auto n = std::min(to.size() - done, data.size());
        {
          const unlocked_copy outside(held);
          copy_bytes(data.prefix(n), to.subspan(done));
        }
        release(n);
        done += n;
      }
      if (done > 0) return {done, {}};
      return {0, ring_.status_.writer_is_closed() ? errc::end_of_stream : errc::would_block};
    }

    void release(std::size_t n) {
      peeked_ = 0;
      if (n == 0) return;
      ring_.store_.consume(n);
      counters_.moved(n);
      if (ring_.room() >= ring_.writer_wants_ && ring_.writer_seat_.notify()) counters_.woke();
    }

    std::error_code wait_bytes(lock& held, std::size_t n, const until& limit) {
      const auto ready = [this, n] {
        return ring_.store_.size() >= n || ring_.status_.writer_is_closed() ||
               ring_.status_.reader_refusal();
      };
      if (ready()) return {};
      ring_.reader_wants_ = n;
      return ring_.monitor_.wait(held, ring_.reader_seat_, ready, limit, counters_);
    }

    locked_ring& ring_;
    std::size_t peeked_ = 0;
    end_counters<Platform> counters_;
  };

  explicit locked_ring(std::size_t capacity, const memory_policy& memory = {})
      : store_(capacity, memory) {}
  explicit locked_ring(Store store) : store_(std::move(store)) {}
  locked_ring(const locked_ring&) = delete;
  locked_ring& operator=(const locked_ring&) = delete;

  [[nodiscard]] writer_end& writer() noexcept { return writer_; }
  [[nodiscard]] reader_end& reader() noexcept { return reader_; }

  [[nodiscard]] memory_report memory() const {
    const auto held = monitor_.enter();
    return store_.memory();
  }

  void reset() {
    const auto held = monitor_.enter();
    status_.reset();
    store_.clear();
    writer_.reserved_ = reader_.peeked_ = 0;
    writer_.counters_.reset();
    reader_.counters_.reset();
  }

 private:
  friend observers<locked_ring>;
  friend observers<writer_end>;
  friend observers<reader_end>;

  // Gives the lock up for the length of a copy, unless the store wants it held.
  class unlocked_copy {
   public:
    explicit unlocked_copy(lock& held) : held_(held) {
      if constexpr (!Store::copies_locked) held_.unlock();
    }
    unlocked_copy(const unlocked_copy&) = delete;
    unlocked_copy& operator=(const unlocked_copy&) = delete;
    ~unlocked_copy() {
      if constexpr (!Store::copies_locked) held_.lock();
    }

   private:
    lock& held_;
  };

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

  void fail(std::error_code error) {
    status_.fail(error);
    reader_seat_.notify();
    writer_seat_.notify();
  }

  monitor<Platform> monitor_;
  // Guarded by the monitor, with what each end waits for while it sits.
  Store store_;
  seat writer_seat_, reader_seat_;
  std::size_t writer_wants_ = 0, reader_wants_ = 0;
  stream_status<Platform> status_;
  writer_end writer_{*this};
  reader_end reader_{*this};
};

}  // namespace annulus
