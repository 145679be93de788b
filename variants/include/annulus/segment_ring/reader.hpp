// The reading end of a `segment` ring.
#pragma once

#include <algorithm>
#include <annulus/contract.hpp>
#include <annulus/core/locked_end.hpp>
#include <annulus/segment_ring/core.hpp>
#include <annulus/segment_ring/joined_bytes.hpp>
#include <new>
#include <system_error>

namespace annulus {

template <class Platform>
class basic_segment_ring;

/// What `peek_chain` shows, as `peeked`: fewer bytes than asked for exactly when `error` is set.
template <class Platform>
struct [[nodiscard]] peeked_chain {
  pipelines::basic_readable_buffer<Platform> data{};
  std::error_code error{};
};

/// The calls of contract.hpp, made of a pipe's: a snapshot of the chain is read without the lock,
/// and what was read counts once the lock has been taken to consume it.
template <class Platform>
class segment_reader
    : public locked_end<segment_reader<Platform>, segment_core<Platform>, role::reader> {
  using base = locked_end<segment_reader, segment_core<Platform>, role::reader>;
  using ring_type = basic_segment_ring<Platform>;
  using typename base::call_scope;
  using typename base::lock;

 public:
  transfer try_read(bytes_span to) { return take(to, 1, nullptr); }
  transfer read(bytes_span to, std::size_t min = 1, const until& limit = {}) {
    if (min > to.size()) return {0, errc::minimum_exceeds_span};
    const call_scope inside(waiting_);
    return take(to, min, &limit);
  }

  peeked try_peek(std::size_t min) { return look(min, nullptr); }
  peeked peek(std::size_t min, const until& limit = {}) {
    const call_scope inside(waiting_);
    return look(min, &limit);
  }

  /// As peek, but all that is buffered is shown where it lies, in as many segments as that takes:
  /// a byte sequence, never joined by copying. Valid until the next call on this end and ended by
  /// consume(n), as a peek is; never std::errc::not_enough_memory. O(1).
  peeked_chain<Platform> peek_chain(std::size_t min, const until& limit = {}) {
    const call_scope inside(waiting_);
    return look_at_chain(min, &limit);
  }
  /// The same without waiting: errc::would_block, beside what there is, if that is too little.
  peeked_chain<Platform> try_peek_chain(std::size_t min) { return look_at_chain(min, nullptr); }

  std::error_code consume(std::size_t n) {
    if (n > peeked_) return errc::consume_overrun;
    auto held = core_.enter();
    if (const auto error = base::refusal(held)) return error;
    drop(held, n);
    peeked_ = 0;
    return {};
  }

 private:
  friend ring_type;
  friend base;
  friend observers<segment_reader>;
  using base::core_;
  using base::waiting_;

  explicit segment_reader(ring_type& owner) noexcept
      : base(owner.core_), ring_(owner), joined_(*owner.pool_) {}
  const ring_type& observed() const noexcept { return ring_; }

  void reset() noexcept {
    peeked_ = 0;
    seen_ = {};
  }

  [[nodiscard]] bool can_go_on(const lock& held, std::size_t bytes) const noexcept {
    return core_.buffered(held) >= bytes || core_.is_closed(held, role::writer) ||
           base::refusal(held);
  }
  bool must_wait(lock& held, std::size_t min) noexcept {
    peeked_ = 0;
    if (can_go_on(held, min)) return false;
    core_.want_bytes(held, min);
    return true;
  }

  // Takes at least `min` bytes, or what is there now if there is no `limit`. A read of bytes that
  // it knew of takes the lock once.
  transfer take(bytes_span to, std::size_t min, const until* limit) {
    peeked_ = 0;
    if (limit != nullptr) {
      if (const auto error = base::given_up(*limit)) return {0, error};
    }
    std::size_t done = 0;
    for (std::error_code stopped;;) {
      const auto copied = seen_.copy_to(to.subspan(done));
      auto held = core_.enter();
      if (const auto error = base::refusal(held)) return {done, error};
      drop(held, copied);
      done += copied;
      if (done == to.size()) return {done, {}};
      while (seen_.empty()) {
        const bool closed = core_.is_closed(held, role::writer);
        if (done >= min && (done > 0 || !closed)) return {done, {}};
        if (closed) return {done, errc::end_of_stream};
        if (limit == nullptr) return {done, errc::would_block};
        if (stopped || (stopped = limit->template over<Platform>())) return {done, stopped};
        stopped = wait_bytes(held, std::min(min - done, ring_.capacity()), *limit);
        if (const auto error = base::refusal(held)) return {done, error};
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
    if (limit != nullptr) {
      if (const auto error = base::refusal(held, *limit)) return {{}, error};
    }
    for (std::error_code stopped;;) {
      if (const auto error = base::refusal(held)) return {{}, error};
      seen_ = core_.committed(held);
      if (seen_.size() >= min) break;
      if (core_.is_closed(held, role::writer))
        short_of = errc::end_of_stream;
      else if (limit == nullptr)
        short_of = errc::would_block;
      else
        short_of = stopped;
      if (short_of) break;
      stopped = wait_bytes(held, min, *limit);
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
  std::error_code wait_bytes(lock& held, std::size_t n, const until& limit) {
    core_.want_bytes(held, n);
    return base::wait(
        held, [&] { return can_go_on(held, n); }, limit);
  }

  ring_type& ring_;
  typename segment_core<Platform>::buffer seen_{};  // all that was there at the last look
  joined_bytes<Platform> joined_;
  std::size_t peeked_ = 0;
};

}  // namespace annulus
