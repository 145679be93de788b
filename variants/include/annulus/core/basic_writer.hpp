// The producer's end of a lock-free ring.
#pragma once

#include <algorithm>
#include <annulus/core/ring_core.hpp>
#include <annulus/error.hpp>
#include <annulus/stats.hpp>
#include <annulus/transfer.hpp>
#include <annulus/until.hpp>
#include <cassert>

namespace annulus {

/// `Ring` has a core(), a storage(), a counted() and the types platform and gate. See contract.hpp.
template <class Ring>
class alignas(line_bytes) basic_writer : public observers<basic_writer<Ring>> {
  using platform = typename Ring::platform;
  using call_scope = typename waiting_room<platform>::scope;

 public:
  using observers<basic_writer>::capacity;

  explicit basic_writer(Ring& ring) noexcept : ring_(ring) {}
  basic_writer(const basic_writer&) = delete;
  basic_writer& operator=(const basic_writer&) = delete;

  transfer try_write(bytes_view from) noexcept {
    at_.open = 0;
    if (!core().status.pristine()) [[unlikely]] {
      if (const auto error = core().status.writer_refusal()) return {0, error};
    }
    const auto n = std::min(from.size(), room(from.size()));
    accept(from.first(n));
    return {n, n < from.size() ? shortage() : std::error_code{}};
  }

  // Inlined by force, and without a limit to construct: for a small write both cost more than the
  // rest.
  [[gnu::always_inline]] transfer write(bytes_view from) {
    if (at_.is_smooth(from.size()) && core().status.pristine()) [[likely]]
      return accept_smoothly(from);
    return write_slowly(from, {});
  }
  [[gnu::always_inline]] transfer write(bytes_view from, const until& limit) {
    if (at_.is_smooth(from.size()) && core().status.pristine() && !limit.template over<platform>())
        [[likely]]
      return accept_smoothly(from);
    return write_slowly(from, limit);
  }

  reservation try_reserve(std::size_t min) noexcept {
    at_.open = 0;
    if (min > capacity()) return {{}, errc::exceeds_capacity};
    if (!core().status.pristine()) [[unlikely]] {
      if (const auto error = core().status.writer_refusal()) return {{}, error};
    }
    if (room(std::max<std::size_t>(min, 1)) < min) return {{}, shortage()};
    at_.expose(at_.known());
    return {ring_.storage().at(at_.offset(), at_.open), {}};
  }

  reservation reserve(std::size_t min, const until& limit = {}) {
    const auto got = try_reserve(min);
    if (got.error && got.error != errc::would_block) return got;
    if (const auto over = limit.template over<platform>()) {
      at_.open = 0;
      return {{}, over};
    }
    return got.error ? reserve_slowly(min, limit) : got;
  }

  std::error_code commit(std::size_t n) noexcept {
    if (n > at_.open) return errc::commit_overrun;
    if (!core().status.pristine()) [[unlikely]] {
      if (const auto error = core().status.writer_refusal()) return error;
    }
    publish(n);
    return {};
  }

  std::error_code drain(const until& limit = {}) {
    const call_scope inside(waiting_);
    for (const auto over = limit.template over<platform>();;) {
      if (const auto error = core().status.drain_refusal()) return error;
      if (over) return over;
      if (look() == capacity()) return {};
      const auto refused = [this] { return bool(core().status.drain_refusal()); };
      const wait_target all{at_.index, at_.index, at_.index, at_.index};
      if (const auto error = wait(all, limit, refused)) return error;
    }
  }

  void cork() noexcept { is_corked_ = true; }
  void flush() noexcept {
    if (is_corked_) core().publish(core().tail, at_.index, barrier_, counters_);
  }
  void uncork() noexcept {
    flush();
    is_corked_ = false;
  }

  void close() noexcept {
    flush();
    core().status.close_writer();
    core().tail.gate.wake();
  }
  void close(std::error_code error) noexcept {
    if (is_clean_end(error)) return close();
    if (core().status.writer_is_closed()) return;
    core().fail(error);
  }

  bool arm(std::size_t min, waker& who, std::size_t useful = 0) requires(Ring::gate::has_wakers) {
    flush();
    const auto target = room_target(min, std::max(min, useful));
    const auto refused = [this] { return bool(core().status.writer_refusal()); };
    return core().head.gate.arm(target, who, reached(refused), nudge_reader());
  }
  bool disarm(waker& who) noexcept requires(Ring::gate::has_wakers) {
    return core().head.gate.disarm(who);
  }
  void wake() noexcept { core().head.gate.wake(); }

 private:
  friend Ring;
  friend observers<basic_writer>;
  const Ring& observed() const noexcept { return ring_; }

  [[nodiscard]] auto& core() const noexcept { return ring_.core(); }

  // The free bytes, looking at the shared index only if fewer than `wanted` are known of.
  std::size_t room(std::size_t wanted) noexcept {
    return at_.known() >= wanted ? at_.known() : look();
  }
  std::size_t look() noexcept {
    // Acquire: pairs with the reader's publish.
    see(core().head.index.load(std::memory_order_acquire));
    return at_.known();
  }
  // Takes over how much the reader says that it has consumed.
  void see(std::uint64_t head) noexcept {
    if (!at_.extend(head + capacity(), capacity())) core().fail(errc::corrupted);
  }
  // Why there is not more room.
  [[nodiscard]] std::error_code shortage() noexcept {
    flush();
    if constexpr (crosses_processes<platform>) {
      if (const auto error = core().status.writer_refusal()) return error;  // perhaps of that look
    }
    return errc::would_block;
  }

  // Precondition: at_.is_smooth(from.size()).
  [[gnu::always_inline]] transfer accept_smoothly(bytes_view from) noexcept {
    assert(at_.is_smooth(from.size()));
    copy_in(from, ring_.storage().at(at_.offset(), from.size()).first.data());
    at_.index += from.size();
    publish_index();
    return {from.size(), {}};
  }

  // Precondition: there is room for `from`. All slices but the last are published before the rest
  // is copied, so that the reader gets bytes early.
  void accept(bytes_view from) noexcept {
    assert(at_.known() >= from.size());
    do {
      const auto slice = from.first(std::min(from.size(), slice_of(capacity())));
      const auto to = ring_.storage().at(at_.offset(), slice.size());
      const auto head = std::min(slice.size(), to.first.size());
      copy_in(slice.first(head), to.first.data());
      if (slice.size() > head) copy_in(slice.subspan(head), to.second.data());
      publish(slice.size());
      from = from.subspan(slice.size());
    } while (!from.empty());
  }

  [[gnu::always_inline]] void copy_in(bytes_view from, std::byte* to) noexcept {
    if constexpr (chooses_copies<platform>) {
      if (from.size() >= worth_choosing)
        return copies_.copy(ring_.copies(), at_.index, capacity(), to, from.data(), from.size());
    }
    platform::copy(to, from.data(), from.size());
  }

  [[gnu::always_inline]] void publish_index() noexcept {
    if (is_corked_) [[unlikely]]
      return core().hold_back(at_.index, barrier_, counters_);
    core().publish(core().tail, at_.index, barrier_, counters_);
  }

  void publish(std::size_t n) noexcept {
    at_.advance(n, capacity());
    if (n == 0) return;
    publish_index();
    if (at_.index >= at_.sample) sample();
  }

  void sample() noexcept {
    counters_.saw(capacity() - look(), capacity());
    at_.sample = at_.index + sample_interval(capacity());
  }

  [[gnu::noinline]] transfer write_slowly(bytes_view from, const until& limit) {
    const call_scope inside(waiting_);  // before the first byte is seen: who sees it may destroy
    if (const auto over = limit.template over<platform>()) {
      const auto error = core().status.writer_refusal();
      at_.open = 0;
      return {0, error ? error : over};
    }
    std::size_t done = 0;
    for (std::error_code stopped;;) {
      const auto step = try_write(from.subspan(done));
      done += step.bytes;
      if (step.error != errc::would_block) return {done, step.error};
      if (stopped || (stopped = limit.template over<platform>())) return {done, stopped};
      // Half a ring is worth a wake; less would wake for every read of a full ring.
      const auto useful = std::min(from.size() - done, (capacity() + 1) / 2);
      stopped = wait_room(1, useful, limit);  // then once more: room below `useful` may be there
    }
  }

  [[gnu::noinline]] reservation reserve_slowly(std::size_t min, const until& limit) {
    const call_scope inside(waiting_);
    for (;;) {
      const auto stopped = wait_room(min, min, limit);
      const auto got = try_reserve(min);
      if (got.error != errc::would_block) return got;
      if (stopped) return {{}, stopped};
    }
  }

  [[nodiscard]] wait_target room_target(std::size_t minimum, std::size_t useful) const noexcept {
    const auto full_at = at_.index - capacity();
    const auto handy = std::max(useful, std::min(slice_bytes, (capacity() + 1) / 2));
    const auto batch = std::max(useful, (capacity() + 1) / 2);
    return {full_at + minimum, full_at + useful, full_at + handy, full_at + batch};
  }

  std::error_code wait_room(std::size_t minimum, std::size_t useful, const until& limit) {
    const auto refused = [this] { return bool(core().status.writer_refusal()); };
    return wait(room_target(minimum, useful), limit, refused);
  }

  template <class Refused>
  std::error_code wait(wait_target target, const until& limit, Refused refused) {
    flush();
    return core().head.gate.wait(target, reached(refused), nudge_reader(), limit, spin_, counters_);
  }

  template <class Refused>
  auto reached(Refused refused) {
    return [this, refused](std::uint64_t index, looking /*how*/ = looking::quickly) {
      // Sequentially consistent: pairs with the reader's publish, see basic_gate.
      const auto head = core().head.index.load(std::memory_order_seq_cst);
      see(head);
      // Signed: the target of a writer in a ring that has never been full lies before 0.
      return static_cast<std::int64_t>(head - index) >= 0 || refused();
    };
  }
  auto nudge_reader() {
    return [this] { core().tail.gate.nudge(at_.index, counters_); };
  }

  Ring& ring_;
  ring_position<platform> at_;
  bool is_corked_ = false;
  barrier_choice<platform> barrier_;
  end_counters<platform> counters_;
  typename Ring::gate::budget spin_;
  [[no_unique_address]] part_of_choice<platform, copy_leader<platform>> copies_;
  waiting_room<platform> waiting_;
};

}  // namespace annulus
