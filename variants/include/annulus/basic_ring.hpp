// The lock-free single-producer/single-consumer byte ring, over a storage, a waiting and a platform
// policy.
#pragma once

#include <algorithm>
#include <annulus/contract.hpp>
#include <annulus/platform.hpp>
#include <annulus/status.hpp>
#include <annulus/storage.hpp>
#include <annulus/waiting.hpp>
#include <cstdint>
#include <utility>

namespace annulus {

/// Two 64-bit indices that count bytes for ever: `tail` written by the producer, `head` by the
/// consumer. Each end keeps its own index and a cached copy of the other's on lines of its own, and
/// looks at the shared line only when the cached copy says that it cannot go on (Lamport's queue;
/// caching after MCRingBuffer, ANCS'09, and rigtorp/SPSCQueue). Bytes are copied by both ends at
/// once. Any capacity works: the offset into the storage is kept beside the index, so nothing is
/// rounded and nothing is divided.
template <class Storage, class Waiting, class Platform = std_platform>
class basic_ring : public observers<basic_ring<Storage, Waiting, Platform>> {
  // An index, and the gate at which the other end waits for it.
  struct alignas(line_bytes) side {
    typename Platform::template atomic<std::uint64_t> index{0};
    typename Waiting::template gate<Platform> gate;
  };

  // What both ends have in common: their position, the last they saw of the other, and the open
  // span.
  struct position {
    std::uint64_t index = 0;
    std::uint64_t other = 0;
    std::size_t offset = 0;
    std::size_t open = 0;  // reserved or peeked

    void advance(std::size_t n, std::size_t capacity) noexcept {
      index += n;
      offset += n;
      if (offset >= capacity) offset -= capacity;
      open = 0;
    }
  };

 public:
  class alignas(line_bytes) writer_end : public observers<writer_end> {
   public:
    writer_end(const writer_end&) = delete;
    writer_end& operator=(const writer_end&) = delete;

    transfer try_write(bytes_view from) noexcept {
      at_.open = 0;
      if (const auto error = ring_.status_.writer_refusal()) return {0, error};
      const auto n = std::min(from.size(), room(from.size()));
      copy_bytes(from.first(n), ring_.storage_.at(at_.offset, n));
      publish(n);
      return {n, n < from.size() ? make_error_code(errc::would_block) : std::error_code{}};
    }

    transfer write(bytes_view from, const until& limit = {}) {
      std::size_t done = 0;
      for (std::error_code stopped;;) {
        const auto step = try_write(from.subspan(done));
        done += step.bytes;
        if (step.error != errc::would_block) return {done, step.error};
        if (stopped) return {done, stopped};
        // Half a ring is worth a wake; less would wake for every read of a full ring.
        const auto useful = std::min(from.size() - done, (ring_.storage_.capacity() + 1) / 2);
        stopped = wait_room(1, useful, limit);  // then once more: room below `useful` may be there
      }
    }

    reservation reserve(std::size_t min, const until& limit = {}) {
      at_.open = 0;
      const auto capacity = ring_.storage_.capacity();
      if (min > capacity) return {{}, errc::exceeds_capacity};
      if (const auto error = ring_.status_.writer_refusal()) return {{}, error};
      while (room(std::max<std::size_t>(min, 1)) < min) {
        if (const auto error = wait_room(min, min, limit)) return {{}, error};
        if (const auto error = ring_.status_.writer_refusal()) return {{}, error};
      }
      at_.open = room(0);
      return {ring_.storage_.at(at_.offset, at_.open), {}};
    }

    std::error_code commit(std::size_t n) noexcept {
      if (n > at_.open) return errc::commit_overrun;
      if (const auto error = ring_.status_.writer_refusal()) return error;
      publish(n);
      return {};
    }

    std::error_code flush(const until& limit = {}) {
      for (;;) {
        if (const auto error = ring_.status_.flush_refusal()) return error;
        at_.other =
            ring_.head_.index.load(std::memory_order_acquire);  // pairs with the reader's publish
        if (at_.other == at_.index) return {};
        const auto refused = [this] { return bool(ring_.status_.flush_refusal()); };
        if (const auto error = wait({at_.index, at_.index}, limit, refused)) return error;
      }
    }

    void close() noexcept {
      ring_.status_.close_writer();
      ring_.tail_.gate.wake();
    }
    void close(std::error_code error) noexcept {
      if (!error) return close();
      if (closed()) return;
      ring_.fail(error);
    }

   private:
    friend basic_ring;
    friend observers<writer_end>;
    explicit writer_end(basic_ring& owner) noexcept : ring_(owner) {}
    const basic_ring& observed() const noexcept { return ring_; }
    [[nodiscard]] bool closed() const noexcept { return ring_.status_.writer_is_closed(); }

    // The free bytes, looking at the shared index only if fewer than `wanted` are known of.
    std::size_t room(std::size_t wanted) noexcept {
      const auto capacity = ring_.storage_.capacity();
      if (capacity - (at_.index - at_.other) < wanted) {
        at_.other =
            ring_.head_.index.load(std::memory_order_acquire);  // pairs with the reader's publish
      }
      return capacity - static_cast<std::size_t>(at_.index - at_.other);
    }

    void publish(std::size_t n) noexcept {
      if (n == 0) {
        at_.open = 0;
        return;
      }
      at_.advance(n, ring_.storage_.capacity());
      // Releases the bytes to the reader's acquire of tail; seq_cst where the gate needs it
      // (waiting.hpp).
      ring_.tail_.index.store(at_.index, Waiting::publish);
      counters_.moved(n);
      if (ring_.tail_.gate.published(at_.index)) counters_.woke();
    }

    std::error_code wait_room(std::size_t minimum, std::size_t useful, const until& limit) {
      const auto full_at = at_.index - ring_.storage_.capacity();
      const auto refused = [this] { return bool(ring_.status_.writer_refusal()); };
      return wait({full_at + minimum, full_at + useful}, limit, refused);
    }

    template <class Refused>
    std::error_code wait(wait_target target, const until& limit, Refused refused) {
      const auto ready = [&] {
        // Sequentially consistent: pairs with the reader's publish, see park_waiting.
        at_.other = ring_.head_.index.load(std::memory_order_seq_cst);
        return at_.other >= target.minimum || refused();
      };
      const auto nudge = [&] {
        if (ring_.tail_.gate.nudge(at_.index)) counters_.woke();
      };
      return timed(counters_,
                   [&] { return ring_.head_.gate.wait(target, ready, nudge, limit, counters_); });
    }

    basic_ring& ring_;
    position at_;
    end_counters<Platform> counters_;
  };

  class alignas(line_bytes) reader_end : public observers<reader_end> {
   public:
    reader_end(const reader_end&) = delete;
    reader_end& operator=(const reader_end&) = delete;

    transfer try_read(bytes_span to) noexcept {
      at_.open = 0;
      if (const auto error = ring_.status_.reader_refusal()) return {0, error};
      const auto n = std::min(to.size(), buffered_or_end(1));
      if (n == 0 && !to.empty()) return {0, at_end() ? errc::end_of_stream : errc::would_block};
      copy_bytes(readable(n), to.first(n));
      release(n);
      return {n, {}};
    }

    transfer read(bytes_span to, std::size_t min = 1, const until& limit = {}) {
      if (min > to.size()) return {0, errc::minimum_exceeds_span};
      std::size_t done = 0;
      for (std::error_code stopped;;) {
        const auto step = try_read(to.subspan(done));
        done += step.bytes;
        if (step.error && step.error != errc::would_block) return {done, step.error};
        if (done >= min) return {done, {}};
        if (stopped) return {done, stopped};
        stopped = wait_bytes(std::min(min - done, ring_.storage_.capacity()), limit);
      }
    }

    peeked peek(std::size_t min, const until& limit = {}) {
      at_.open = 0;
      if (min > ring_.storage_.capacity()) return {{}, errc::exceeds_capacity};
      for (;;) {
        if (const auto error = ring_.status_.reader_refusal()) return {{}, error};
        const auto n = buffered_or_end(std::max<std::size_t>(min, 1));
        const auto short_at_end = n < min && at_end();
        if (n >= min || short_at_end) {
          at_.open = n;
          return {readable(n),
                  short_at_end ? make_error_code(errc::end_of_stream) : std::error_code{}};
        }
        if (const auto error = wait_bytes(min, limit)) {
          at_.open = buffered_or_end(min);
          return {readable(at_.open), at_.open >= min ? std::error_code{} : error};
        }
      }
    }

    std::error_code consume(std::size_t n) noexcept {
      if (n > at_.open) return errc::consume_overrun;
      if (const auto error = ring_.status_.reader_refusal()) return error;
      release(n);
      return {};
    }

    void close() noexcept {
      ring_.status_.close_reader();
      ring_.head_.gate.wake();
    }
    void close(std::error_code error) noexcept {
      if (!error) return close();
      if (ring_.status_.reader_is_closed()) return;
      ring_.fail(error);
    }

   private:
    friend basic_ring;
    friend observers<reader_end>;
    explicit reader_end(basic_ring& owner) noexcept : ring_(owner) {}
    const basic_ring& observed() const noexcept { return ring_; }

    [[nodiscard]] std::size_t known() const noexcept {
      return static_cast<std::size_t>(at_.other - at_.index);
    }
    [[nodiscard]] span_pair<const std::byte> readable(std::size_t n) const noexcept {
      const auto piece = ring_.storage_.at(at_.offset, n);
      return {piece.first, piece.second};
    }

    // The buffered bytes, looking at the shared index only if fewer than `wanted` are known of. The
    // close is looked at before the index, so that a byte published before the close is never
    // missed; ended_ tells at_end().
    std::size_t buffered_or_end(std::size_t wanted) noexcept {
      ended_ = false;
      if (known() < wanted) {
        const auto closed = ring_.status_.writer_is_closed();
        at_.other =
            ring_.tail_.index.load(std::memory_order_acquire);  // pairs with the writer's publish
        ended_ = closed;
      }
      return known();
    }
    [[nodiscard]] bool at_end() const noexcept { return ended_; }

    void release(std::size_t n) noexcept {
      if (n == 0) {
        at_.open = 0;
        return;
      }
      at_.advance(n, ring_.storage_.capacity());
      // Releases the memory to the writer's acquire of head; seq_cst where the gate needs it
      // (waiting.hpp).
      ring_.head_.index.store(at_.index, Waiting::publish);
      counters_.moved(n);
      if (ring_.head_.gate.published(at_.index)) counters_.woke();
    }

    std::error_code wait_bytes(std::size_t n, const until& limit) {
      const wait_target target{at_.index + n, at_.index + n};
      const auto ready = [&] {
        // Sequentially consistent: pairs with the writer's publish, see park_waiting.
        at_.other = ring_.tail_.index.load(std::memory_order_seq_cst);
        return at_.other >= target.minimum || ring_.status_.reader_refusal() ||
               ring_.status_.writer_is_closed();
      };
      const auto nudge = [&] {
        if (ring_.head_.gate.nudge(at_.index)) counters_.woke();
      };
      return timed(counters_,
                   [&] { return ring_.tail_.gate.wait(target, ready, nudge, limit, counters_); });
    }

    basic_ring& ring_;
    position at_;
    bool ended_ = false;
    end_counters<Platform> counters_;
  };

  explicit basic_ring(std::size_t capacity, const memory_policy& memory = {})
      : storage_(capacity, memory) {}
  explicit basic_ring(Storage storage) : storage_(std::move(storage)) {}
  basic_ring(const basic_ring&) = delete;
  basic_ring& operator=(const basic_ring&) = delete;

  [[nodiscard]] writer_end& writer() noexcept { return writer_; }
  [[nodiscard]] reader_end& reader() noexcept { return reader_; }

  [[nodiscard]] memory_report memory() const { return storage_.memory(); }

  void reset() noexcept {
    status_.reset();
    for (auto* each : {&tail_, &head_})
      each->index.store(0, std::memory_order_relaxed);  // nobody is in a call
    writer_.at_ = reader_.at_ = {};
    writer_.counters_.reset();
    reader_.counters_.reset();
  }

 private:
  friend observers<basic_ring>;
  friend observers<writer_end>;
  friend observers<reader_end>;
  const basic_ring& observed() const noexcept { return *this; }

  [[nodiscard]] std::size_t buffered() const noexcept {
    // Head first: a tail read later is never behind it. Acquire keeps the two loads in that order.
    const auto head = head_.index.load(std::memory_order_acquire);
    const auto tail = tail_.index.load(std::memory_order_acquire);
    return std::min(static_cast<std::size_t>(tail - head), storage_.capacity());
  }
  [[nodiscard]] std::size_t storage_capacity() const noexcept { return storage_.capacity(); }
  [[nodiscard]] std::size_t span_limit() const noexcept { return storage_.capacity(); }
  [[nodiscard]] ring_stats counted() const noexcept {
    return {writer_.counters_.snapshot(), reader_.counters_.snapshot()};
  }

  void fail(std::error_code error) noexcept {
    status_.fail(error);
    tail_.gate.wake();
    head_.gate.wake();
  }

  Storage storage_;
  stream_status<Platform> status_;
  side tail_;  // written by the producer; the consumer waits at its gate
  side head_;  // written by the consumer; the producer waits at its gate
  writer_end writer_{*this};
  reader_end reader_{*this};
};

}  // namespace annulus
