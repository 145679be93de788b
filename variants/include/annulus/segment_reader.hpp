// The reading end of a `segment` ring.
#pragma once

#include <algorithm>
#include <annulus/contract.hpp>
#include <annulus/joined_bytes.hpp>
#include <annulus/pipelines/pipe_core.hpp>
#include <annulus/waiting_room.hpp>
#include <new>
#include <system_error>

namespace annulus {

template <class Platform>
class basic_segment_ring;

/// What `peek_chain` shows, as `peeked`: fewer bytes than asked for exactly when `error` is set.
template <class Platform>
struct peeked_chain {
  pipelines::basic_readable_buffer<Platform> data{};
  std::error_code error{};
};

/// The calls of contract.hpp, made of a pipe's: a snapshot of the chain is read without the lock,
/// and what was read counts once the lock has been taken to consume it.
template <class Platform>
class segment_reader : public observers<segment_reader<Platform>> {
  using ring_type = basic_segment_ring<Platform>;
  using core = pipelines::pipe_core<Platform>;
  using lock = typename core::lock;
  using room_guest = typename waiting_room<Platform>::guest;

 public:
  segment_reader(const segment_reader&) = delete;
  segment_reader& operator=(const segment_reader&) = delete;

  transfer try_read(bytes_span to) { return take(to, 1, nullptr); }
  transfer read(bytes_span to, std::size_t min = 1, const until& limit = {}) {
    if (min > to.size()) return {0, errc::minimum_exceeds_span};
    const room_guest inside(waiting_);
    return take(to, min, &limit);
  }

  peeked try_peek(std::size_t min) { return look(min, nullptr); }
  peeked peek(std::size_t min, const until& limit = {}) {
    const room_guest inside(waiting_);
    return look(min, &limit);
  }

  /// As peek, but all that is buffered is shown where it lies, in as many segments as that takes:
  /// a byte sequence, never joined by copying. Valid until the next call on this end and ended by
  /// consume(n), as a peek is; never std::errc::not_enough_memory. O(1).
  peeked_chain<Platform> peek_chain(std::size_t min, const until& limit = {}) {
    const room_guest inside(waiting_);
    return look_at_chain(min, &limit);
  }
  /// The same without waiting: errc::would_block, beside what there is, if that is too little.
  peeked_chain<Platform> try_peek_chain(std::size_t min) { return look_at_chain(min, nullptr); }

  std::error_code consume(std::size_t n) {
    if (n > peeked_) return errc::consume_overrun;
    auto held = core_.enter();
    if (const auto error = refusal(held)) return error;
    drop(held, n);
    peeked_ = 0;
    return {};
  }

  void close() {
    auto held = core_.enter();
    bool last = false;
    if (!core_.reader_done(held)) core_.complete_reader(held, {}, last);
  }
  void close(std::error_code error) {
    if (!error) return close();
    auto held = core_.enter();
    if (!core_.reader_done(held)) core_.fail(held, error);
  }

  // Told at the minimum, as the writer.
  bool arm(std::size_t min, waker& who, std::size_t /*useful*/ = 0) {
    peeked_ = 0;
    auto held = core_.enter();
    if (can_go_on(held, min)) return false;
    core_.want_bytes(held, min);
    return core_.arm(held, core_.reader_seat(), who);
  }
  bool disarm(waker& who) {
    auto held = core_.enter();
    return core_.disarm(held, core_.reader_seat(), who);
  }
  void wake() {
    auto held = core_.enter();
    core_.wake(held, core_.reader_seat());
  }

 private:
  friend ring_type;
  friend observers<segment_reader>;

  explicit segment_reader(ring_type& owner) noexcept
      : ring_(owner), core_(owner.core_), joined_(*owner.pool_) {}
  const ring_type& observed() const noexcept { return ring_; }

  void reset() noexcept {
    peeked_ = 0;
    seen_ = {};
  }

  [[nodiscard]] std::error_code refusal(const lock& held) const noexcept {
    if (const auto error = core_.failure(held)) return error;
    return core_.reader_done(held) ? errc::closed : std::error_code{};
  }
  [[nodiscard]] bool can_go_on(const lock& held, std::size_t bytes) const noexcept {
    return core_.buffered(held) >= bytes || core_.writer_done(held) || refusal(held);
  }

  // Takes at least `min` bytes, or what is there now if there is no `limit`. A read of bytes that
  // it knew of takes the lock once.
  transfer take(bytes_span to, std::size_t min, const until* limit) {
    peeked_ = 0;
    std::size_t done = 0;
    for (std::error_code stopped;;) {
      const auto copied = seen_.copy_to(to.subspan(done));
      auto held = core_.enter();
      if (const auto error = refusal(held)) return {done, error};
      drop(held, copied);
      done += copied;
      if (done == to.size()) return {done, {}};
      while (seen_.empty()) {
        const bool closed = core_.writer_done(held);
        if (done >= min && (done > 0 || !closed)) return {done, {}};
        if (closed) return {done, errc::end_of_stream};
        if (limit == nullptr) return {done, errc::would_block};
        if (stopped) return {done, stopped};
        stopped = wait(held, std::min(min - done, ring_.capacity()), *limit);
        if (const auto error = refusal(held)) return {done, error};
        seen_ = core_.committed(held);
      }
    }
  }

  peeked look(std::size_t min, const until* limit) {
    const auto seen = look_at_chain(min, limit);
    if (seen.data.empty()) return {{}, seen.error};
    try {
      const auto data = joined_.front(seen.data, std::min(min, seen.data.size()));
      peeked_ = data.size();
      return {data, seen.error};
    } catch (const std::bad_alloc&) {
      peeked_ = 0;
      return {{}, std::make_error_code(std::errc::not_enough_memory)};
    }
  }

  peeked_chain<Platform> look_at_chain(std::size_t min, const until* limit) {
    peeked_ = 0;
    if (min > ring_.capacity()) return {{}, errc::exceeds_capacity};
    std::error_code short_of;
    auto held = core_.enter();
    for (std::error_code stopped;;) {
      if (const auto error = refusal(held)) return {{}, error};
      seen_ = core_.committed(held);
      if (seen_.size() >= min) break;
      if (core_.writer_done(held))
        short_of = errc::end_of_stream;
      else if (limit == nullptr)
        short_of = errc::would_block;
      else
        short_of = stopped;
      if (short_of) break;
      stopped = wait(held, min, *limit);
    }
    peeked_ = seen_.size();
    return {seen_, short_of};
  }

  // Consumes the first `n` bytes and looks what there is behind them.
  void drop(lock& held, std::size_t n) noexcept {
    if (n > 0) {
      const auto to = seen_.start().position() + n;
      auto [each, last] = core_.drop(held, to, to);
      while (each != last) {
        auto& done = *each;
        each = done.next;
        core_.stock().release(done);
      }
    }
    seen_ = core_.committed(held);
  }

  // Until there are `n` bytes, or the stream changes. Precondition: neither is so.
  std::error_code wait(lock& held, std::size_t n, const until& limit) {
    core_.want_bytes(held, n);
    return core_.wait(
        held, core_.reader_seat(), [&] { return can_go_on(held, n); }, limit,
        core_.reader_counters());
  }

  ring_type& ring_;
  core& core_;
  typename core::buffer seen_{};  // all that was there at the last look
  joined_bytes<Platform> joined_;
  std::size_t peeked_ = 0;
  waiting_room<Platform> waiting_;
};

}  // namespace annulus
