// The consumer's end of a lock-free ring.
#pragma once

#include <algorithm>
#include <annulus/core/ring_core.hpp>
#include <annulus/error.hpp>
#include <annulus/stats.hpp>
#include <annulus/transfer.hpp>
#include <annulus/until.hpp>
#include <cassert>
#include <limits>

namespace annulus {

/// `Ring` has a core(), a storage(), a counted() and the types platform and gate. See contract.hpp.
template <class Ring>
class alignas(line_bytes) basic_reader : public observers<basic_reader<Ring>> {
  using platform = typename Ring::platform;
  using call_scope = typename waiting_room<platform>::scope;

 public:
  using observers<basic_reader>::capacity;

  explicit basic_reader(Ring& ring) noexcept : ring_(ring) {}
  basic_reader(const basic_reader&) = delete;
  basic_reader& operator=(const basic_reader&) = delete;

  transfer try_read(bytes_span to) noexcept {
    at_.open = 0;
    if (!core().status.pristine()) [[unlikely]] {
      if (const auto error = core().status.reader_refusal()) return {0, error};
    }
    const auto n = std::min(to.size(), buffered_or_end(to.size()));
    if (n == 0 && !to.empty()) return {0, shortage()};
    take(to.first(n));
    return {n, {}};
  }

  // Inlined by force, and without a limit to construct: for a small read both cost more than the
  // rest.
  [[gnu::always_inline]] transfer read(bytes_span to, std::size_t min = 1) {
    if (at_.is_smooth(to.size()) && min <= to.size() && core().status.pristine()) [[likely]]
      return take_smoothly(to);
    return read_slowly(to, min, {});
  }
  [[gnu::always_inline]] transfer read(bytes_span to, std::size_t min, const until& limit) {
    if (at_.is_smooth(to.size()) && min <= to.size() && core().status.pristine() &&
        !limit.template over<platform>()) [[likely]]
      return take_smoothly(to);
    return read_slowly(to, min, limit);
  }

  peeked try_peek(std::size_t min) noexcept {
    at_.open = 0;
    if (min > capacity()) return {{}, errc::exceeds_capacity};
    if (!core().status.pristine()) [[unlikely]] {
      if (const auto error = core().status.reader_refusal()) return {{}, error};
    }
    at_.expose(buffered_or_end(capacity()));
    if (at_.open >= min) return {readable(at_.open), {}};
    return {readable(at_.open), shortage()};
  }

  peeked peek(std::size_t min, const until& limit = {}) {
    const auto got = try_peek(min);
    if (got.error && got.error != errc::would_block && got.error != errc::end_of_stream) return got;
    if (const auto over = limit.template over<platform>()) {
      at_.open = 0;
      return {{}, over};
    }
    return got.error == errc::would_block ? peek_slowly(min, limit) : got;
  }

  std::error_code consume(std::size_t n) noexcept {
    if (n > at_.open) return errc::consume_overrun;
    if (!core().status.pristine()) [[unlikely]] {
      if (const auto error = core().status.reader_refusal()) return error;
    }
    release(n);
    return {};
  }

  void close() noexcept {
    core().status.close_reader();
    core().head.gate.wake();
  }
  void close(std::error_code error) noexcept {
    if (is_clean_end(error)) return close();
    if (core().status.reader_is_closed()) return;
    core().fail(error);
  }

  bool arm(std::size_t min, waker& who, std::size_t useful = 0) requires(Ring::gate::has_wakers) {
    const auto enough = at_.index + std::max(min, useful);
    const wait_target target{at_.index + min, enough, at_.index + min, enough};
    return core().tail.gate.arm(target, who, reached(), nudge_writer());
  }
  bool disarm(waker& who) noexcept requires(Ring::gate::has_wakers) {
    return core().tail.gate.disarm(who);
  }
  void wake() noexcept { core().tail.gate.wake(); }

 private:
  friend Ring;
  friend observers<basic_reader>;
  const Ring& observed() const noexcept { return ring_; }

  [[nodiscard]] auto& core() const noexcept { return ring_.core(); }

  [[nodiscard]] span_pair<const std::byte> readable(std::size_t n) const noexcept {
    const auto piece = ring_.storage().at(at_.offset(), n);
    return {piece.first, piece.second};
  }

  // The buffered bytes, looking at the shared index only if fewer than `wanted` are known of. The
  // close is looked at before the index, so that a byte published before the close is never missed;
  // then ended_ says that no more will come.
  std::size_t buffered_or_end(std::size_t wanted) noexcept {
    ended_ = false;
    if (at_.known() < wanted) {
      const auto closed = core().status.writer_is_closed();
      // Acquire: pairs with the writer's publish.
      see(core().tail.index.load(std::memory_order_acquire));
      ended_ = closed;
    }
    return at_.known();
  }
  // Takes over how much the writer says that it has published. What was taken over before it did so
  // is ahead of that.
  void see(std::uint64_t tail) noexcept {
    if (static_cast<std::int64_t>(tail - at_.horizon) < 0 && at_.horizon == ahead_) return;
    if (!at_.extend(tail, capacity())) core().fail(errc::corrupted);
  }
  // Why there is not more.
  [[nodiscard]] std::error_code shortage() const noexcept {
    if constexpr (crosses_processes<platform>) {
      if (const auto error = core().status.reader_refusal()) return error;  // perhaps of that look
    }
    return ended_ ? core().status.end() : errc::would_block;
  }

  // Precondition: at_.is_smooth(to.size()).
  [[gnu::always_inline]] transfer take_smoothly(bytes_span to) noexcept {
    assert(at_.is_smooth(to.size()));
    copy_out(ring_.storage().at(at_.offset(), to.size()).first.data(), to);
    at_.index += to.size();
    core().publish(core().head, at_.index, barrier_, counters_);
    return {to.size(), {}};
  }

  // Precondition: as many bytes as `to` has are known of. All slices but the last are given back
  // before the rest is copied, so that the writer gets room early.
  void take(bytes_span to) noexcept {
    assert(at_.known() >= to.size());
    do {
      const auto slice = to.first(std::min(to.size(), slice_of(capacity())));
      const auto from = readable(slice.size());
      copy_out(from.first.data(), slice.first(from.first.size()));
      if (!from.second.empty()) copy_out(from.second.data(), slice.subspan(from.first.size()));
      release(slice.size());
      to = to.subspan(slice.size());
    } while (!to.empty());
  }

  [[gnu::always_inline]] void copy_out(const std::byte* from, bytes_span to) noexcept {
    if constexpr (chooses_copies<platform>) {
      if (to.size() >= worth_choosing)
        return copies_.copy(ring_.copies(), at_.index, capacity(), to.data(), from, to.size());
    }
    platform::copy(to.data(), from, to.size());
  }

  void release(std::size_t n) noexcept {
    at_.advance(n, capacity());
    if (n == 0) return;
    core().publish(core().head, at_.index, barrier_, counters_);
    if (at_.index >= at_.sample) sample();
  }

  void sample() noexcept {
    // Acquire: pairs with the writer's publish, since what is seen here is used as bytes to read.
    see(core().tail.index.load(std::memory_order_acquire));
    counters_.saw(at_.known(), capacity());
    at_.sample = at_.index + sample_interval(capacity());
  }

  [[gnu::noinline]] transfer read_slowly(bytes_span to, std::size_t min, const until& limit) {
    if (min > to.size()) return {0, errc::minimum_exceeds_span};
    const call_scope inside(waiting_);  // before room is given back: who sees it may destroy
    if (const auto over = limit.template over<platform>()) {
      const auto error = core().status.reader_refusal();
      at_.open = 0;
      return {0, error ? error : over};
    }
    std::size_t done = 0;
    for (std::error_code stopped;;) {
      const auto step = try_read(to.subspan(done));
      done += step.bytes;
      if (step.error && step.error != errc::would_block) return {done, step.error};
      if (done >= min) return {done, {}};
      if (stopped || (stopped = limit.template over<platform>())) return {done, stopped};
      const auto missing = std::min(min - done, capacity());
      stopped = wait_bytes(missing, std::min(missing, slice_bytes), limit);
    }
  }

  [[gnu::noinline]] peeked peek_slowly(std::size_t min, const until& limit) {
    const call_scope inside(waiting_);
    for (;;) {
      const auto stopped = wait_bytes(min, min, limit);
      auto got = try_peek(min);
      if (got.error != errc::would_block) return got;
      if (stopped) return {got.data, stopped};
    }
  }

  std::error_code wait_bytes(std::size_t n, std::size_t handy, const until& limit) {
    const auto batch = std::max(n, (capacity() + 1) / 2);
    const wait_target target{at_.index + n, at_.index + n, at_.index + handy, at_.index + batch};
    return core().tail.gate.wait(target, reached(), nudge_writer(), limit, spin_, counters_);
  }

  void see_unpublished() noexcept {
    // Sequentially consistent: pairs with the writer's publish, see basic_gate.
    const auto tail = core().unpublished.load(std::memory_order_seq_cst);
    if (static_cast<std::int64_t>(tail - at_.horizon) <= 0) return;
    see(tail);
    ahead_ = at_.horizon;
  }

  auto reached() {
    return [this](std::uint64_t index, looking how = looking::quickly) {
      // Sequentially consistent: pairs with the writer's publish, see basic_gate.
      see(core().tail.index.load(std::memory_order_seq_cst));
      if (how == looking::closely && at_.horizon < index) see_unpublished();
      return at_.horizon >= index || core().status.reader_refusal() ||
             core().status.writer_is_closed();
    };
  }
  auto nudge_writer() {
    return [this] { core().head.gate.nudge(at_.index, counters_); };
  }

  Ring& ring_;
  ring_position<platform> at_;
  // The horizon, if it was taken over from what is not published.
  std::uint64_t ahead_ = std::numeric_limits<std::uint64_t>::max();
  bool ended_ = false;
  barrier_choice<platform> barrier_;
  end_counters<platform> counters_;
  typename Ring::gate::budget spin_;
  [[no_unique_address]] part_of_choice<platform, copy_follower<platform>> copies_;
  waiting_room<platform> waiting_;
};

}  // namespace annulus
