// `pipe`: no buffer; the reader copies out of the writer's own span. The baseline of every
// comparison.
#pragma once

#include <algorithm>
#include <annulus/contract.hpp>
#include <annulus/core/flat_storage.hpp>
#include <annulus/core/locked_end.hpp>
#include <cstring>
#include <utility>

namespace annulus {

/// A rendezvous, after Go's io.Pipe: `write` returns when the reader has taken the bytes,
/// `try_write` gives only to a reader that waits. It holds nothing, so capacity() is 0 and it is
/// always full. The size given to the constructor is limit(): that of one scratch block for
/// `reserve`, which `commit` hands over and the next call of the writer waits to get back, and one
/// for `peek`, which gathers into it what the writer offers.
template <class Platform = std_platform>
class basic_pipe_ring : public observers<basic_pipe_ring<Platform>> {
  using core_type = locked_core<Platform>;
  using lock = typename core_type::lock;

 public:
  class writer_end : public locked_end<writer_end, core_type, role::writer> {
    using base = locked_end<writer_end, core_type, role::writer>;
    using typename base::call_scope;

   public:
    /// A write hands its own memory to the reader and waits until that is taken.
    static constexpr bool rendezvous = true;

    transfer try_write(bytes_view from) {
      auto held = core_.enter();
      reserved_ = 0;
      if (const auto error = base::refusal(held)) return {0, error};
      const auto n = ring_.offer_.empty() ? std::min(from.size(), ring_.wanted_.size()) : 0;
      if (n > 0) {
        Platform::copy(ring_.wanted_.data(), from.data(), n);
        ring_.wanted_ = ring_.wanted_.subspan(n);
        counters().moved(n);
        base::rouse_peer(held);
      }
      return {n, n < from.size() ? make_error_code(errc::would_block) : std::error_code{}};
    }

    transfer write(bytes_view from, const until& limit = {}) {
      const call_scope inside(waiting_);
      auto held = core_.enter();
      reserved_ = 0;
      if (const auto error = base::refusal(held, limit)) return {0, error};
      if (from.empty()) return {};
      if (const auto error = wait_taken(held, limit)) return {0, error};
      ring_.offer_ = from;
      base::rouse_peer(held);
      const auto stopped = wait_taken(held, limit);
      const auto taken = from.size() - std::exchange(ring_.offer_, {}).size();
      counters().moved(taken);
      return {taken, taken == from.size() ? std::error_code{} : stopped};
    }

    reservation try_reserve(std::size_t min) {
      auto held = core_.enter();
      return reserve_now(held, min);
    }

    reservation reserve(std::size_t min, const until& limit = {}) {
      const call_scope inside(waiting_);
      auto held = core_.enter();
      const auto got = reserve_now(held, min);
      if (got.error && got.error != errc::would_block) return got;
      reserved_ = 0;
      if (const auto over = limit.template over<Platform>()) return {{}, over};
      if (const auto error = wait_taken(held, limit)) return {{}, error};
      return reserve_now(held, min);
    }

    std::error_code commit(std::size_t n) {
      auto held = core_.enter();
      if (n > reserved_) return errc::commit_overrun;
      if (const auto error = base::refusal(held)) return error;
      reserved_ = 0;
      if (n == 0) return {};
      ring_.offer_ = ring_.out_.at(0, n).first;
      counters().moved(n);
      base::rouse_peer(held);
      return {};
    }

    /// Takes back what the reader has not taken of the last commit. Returns its bytes.
    std::size_t withdraw() {
      const auto held = core_.enter();
      const auto left = std::exchange(ring_.offer_, {}).size();
      counters().moved(0 - left);
      return left;
    }

   private:
    friend basic_pipe_ring;
    friend base;
    friend observers<writer_end>;
    using base::core_;
    using base::counters;
    using base::waiting_;
    explicit writer_end(basic_pipe_ring& owner) noexcept : base(owner.core_), ring_(owner) {}
    const basic_pipe_ring& observed() const noexcept { return ring_; }

    reservation reserve_now(const lock& held, std::size_t min) {
      reserved_ = 0;
      if (min > ring_.out_.capacity()) return {{}, errc::exceeds_capacity};
      if (const auto error = base::refusal(held)) return {{}, error};
      if (!ring_.offer_.empty()) return {{}, errc::would_block};
      reserved_ = ring_.out_.capacity();
      return {ring_.out_.at(0, reserved_), {}};
    }

    // Waits until the reader has taken the whole offer.
    std::error_code wait_taken(lock& held, const until& limit) {
      if (ring_.offer_.empty()) return {};
      const auto stopped = base::wait(
          held, [&] { return !must_wait(held); }, limit);
      if (ring_.offer_.empty()) return {};
      const auto error = base::refusal(held);
      return error ? error : stopped;
    }
    // Room, whatever the minimum, is there once the reader has taken what was last offered.
    [[nodiscard]] bool must_wait(const lock& held, std::size_t /*min*/ = 0) const noexcept {
      return !ring_.offer_.empty() && !base::refusal(held);
    }

    [[nodiscard]] bool is_drained(const lock&) const noexcept { return ring_.held() == 0; }
    std::error_code wait_drained(lock& held, const until& limit) {
      return base::wait(
          held, [&] { return is_drained(held) || core_.drain_refusal(held); }, limit);
    }

    basic_pipe_ring& ring_;
    std::size_t reserved_ = 0;
  };

  class reader_end : public locked_end<reader_end, core_type, role::reader> {
    using base = locked_end<reader_end, core_type, role::reader>;
    using typename base::call_scope;

   public:
    transfer try_read(bytes_span to) {
      auto held = core_.enter();
      return take(held, to);
    }

    transfer read(bytes_span to, std::size_t min = 1, const until& limit = {}) {
      if (min > to.size()) return {0, errc::minimum_exceeds_span};
      const call_scope inside(waiting_);
      auto held = core_.enter();
      peeked_ = 0;
      if (const auto error = base::refusal(held, limit)) return {0, error};
      std::size_t done = 0;
      for (std::error_code stopped;;) {
        const auto step = take(held, to.subspan(done));
        done += step.bytes;
        if (step.error && step.error != errc::would_block) return {done, step.error};
        if (done >= min) return {done, {}};
        if (stopped || (stopped = limit.template over<Platform>())) return {done, stopped};
        const auto given = wait_bytes(held, to.subspan(done), limit, stopped);
        counters().moved(given);
        done += given;
      }
    }

    peeked try_peek(std::size_t min) {
      auto held = core_.enter();
      return peek_now(held, min);
    }

    peeked peek(std::size_t min, const until& limit = {}) {
      const call_scope inside(waiting_);
      auto held = core_.enter();
      peeked_ = 0;
      if (min > ring_.in_.capacity()) return {{}, errc::exceeds_capacity};
      if (const auto error = base::refusal(held, limit)) return {{}, error};
      for (std::error_code stopped;;) {
        const auto got = peek_now(held, min);
        if (got.error != errc::would_block) return got;
        if (stopped || (stopped = limit.template over<Platform>())) return {got.data, stopped};
        gathered_ += wait_bytes(held, vacant(), limit, stopped);
      }
    }

    std::error_code consume(std::size_t n) {
      auto held = core_.enter();
      if (n > peeked_) return errc::consume_overrun;
      if (const auto error = base::refusal(held)) return error;
      drop(held, n);
      return {};
    }

   private:
    friend basic_pipe_ring;
    friend base;
    friend observers<reader_end>;
    using base::core_;
    using base::counters;
    using base::waiting_;
    explicit reader_end(basic_pipe_ring& owner) noexcept : base(owner.core_), ring_(owner) {}
    const basic_pipe_ring& observed() const noexcept { return ring_; }

    // Takes what is there now: what an earlier peek gathered, then the writer's offer.
    transfer take(lock& held, bytes_span to) {
      peeked_ = 0;
      if (const auto error = base::refusal(held)) return {0, error};
      const auto kept = std::min(to.size(), gathered_);
      if (kept > 0) {
        Platform::copy(to.data(), ring_.in_.at(skipped_, kept).first.data(), kept);
        drop(held, kept);
      }
      const auto taken = ring_.take_offer(held, to.subspan(kept));
      counters().moved(taken);
      const auto n = kept + taken;
      if (n > 0 || to.empty()) return {n, {}};
      return {0, core_.end_or_wait(held)};
    }

    peeked peek_now(lock& held, std::size_t min) {
      peeked_ = 0;
      if (min > ring_.in_.capacity()) return {{}, errc::exceeds_capacity};
      if (const auto error = base::refusal(held)) return {{}, error};
      compact();
      gathered_ += ring_.take_offer(held, vacant());
      peeked_ = gathered_;
      const auto piece = ring_.in_.at(0, gathered_).first;
      if (gathered_ >= min) return {{piece, {}}, {}};
      return {{piece, {}}, core_.end_or_wait(held)};
    }

    // Waits for an offer, or for a try_write straight into `to`. Returns the bytes that the latter
    // put there.
    std::size_t wait_bytes(lock& held, bytes_span to, const until& limit,
                           std::error_code& stopped) {
      ring_.wanted_ = to;
      stopped = base::wait(
          held, [&] { return ring_.wanted_.size() < to.size() || can_go_on(held); }, limit);
      const auto given = to.size() - std::exchange(ring_.wanted_, {}).size();
      return given;
    }
    [[nodiscard]] bool can_go_on(const lock& held) const noexcept {
      return !ring_.offer_.empty() || core_.is_closed(held, role::writer) || base::refusal(held);
    }
    // An offer counts as `min` bytes: what is there must be taken for more to come.
    bool must_wait(const lock& held, std::size_t min) noexcept {
      peeked_ = 0;
      return gathered_ < min && !can_go_on(held);
    }

    void drop(lock& held, std::size_t n) {
      skipped_ += n;
      gathered_ -= n;
      peeked_ = 0;
      counters().moved(n);
      if (ring_.held() == 0) base::rouse_peer(held);
    }

    void compact() {
      if (gathered_ > 0 && skipped_ > 0) {
        std::memmove(ring_.in_.at(0, 1).first.data(), ring_.in_.at(skipped_, 1).first.data(),
                     gathered_);
      }
      skipped_ = 0;
    }
    [[nodiscard]] bytes_span vacant() const noexcept {
      if (gathered_ == ring_.in_.capacity()) return {};
      return ring_.in_.at(gathered_, ring_.in_.capacity() - gathered_).first;
    }

    basic_pipe_ring& ring_;
    std::size_t skipped_ = 0;   // consumed bytes at the front of the scratch block
    std::size_t gathered_ = 0;  // bytes behind them that are not yet consumed
    std::size_t peeked_ = 0;
  };

  explicit basic_pipe_ring(std::size_t limit, const memory_policy& memory = memory_policy::usual())
      : out_(limit, memory), in_(limit, memory) {}
  basic_pipe_ring(const basic_pipe_ring&) = delete;
  basic_pipe_ring& operator=(const basic_pipe_ring&) = delete;

  /// An end that waits gets errc::destroyed, and is let out of its call first.
  ~basic_pipe_ring() {
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

  /// Of both scratch blocks.
  [[nodiscard]] memory_report memory() const {
    const page_census census;
    memory_report report;
    for (const auto* block : {&out_, &in_}) block->count(census, report);
    return report;
  }

  void reset() {
    const auto held = core_.enter();
    core_.reset(held);
    offer_ = {};
    writer_.reserved_ = 0;
    reader_.skipped_ = reader_.gathered_ = reader_.peeked_ = 0;
  }

 private:
  friend observers<basic_pipe_ring>;
  friend observers<writer_end>;
  friend observers<reader_end>;
  const basic_pipe_ring& observed() const noexcept { return *this; }

  [[nodiscard]] std::size_t buffered() const noexcept {
    const auto inside = core_.enter();
    return held();
  }
  [[nodiscard]] std::size_t storage_capacity() const noexcept { return 0; }
  [[nodiscard]] std::size_t span_limit() const noexcept { return out_.capacity(); }
  [[nodiscard]] ring_stats counted() const noexcept { return core_.counted(); }

  // What the writer has handed over and the reader has not consumed.
  [[nodiscard]] std::size_t held() const noexcept { return offer_.size() + reader_.gathered_; }

  // Copies from the offer; wakes the writer when it is all taken.
  std::size_t take_offer(lock& inside, bytes_span to) {
    const auto n = std::min(to.size(), offer_.size());
    if (n == 0) return 0;
    Platform::copy(to.data(), offer_.data(), n);
    offer_ = offer_.subspan(n);
    if (offer_.empty()) core_.rouse(inside, role::writer);
    return n;
  }

  core_type core_;
  // Guarded by its lock.
  bytes_view offer_;   // what the writer offers and the reader has not taken
  bytes_span wanted_;  // where a waiting reader takes a try_write
  flat_storage out_, in_;
  writer_end writer_{*this};
  reader_end reader_{*this};
};

using pipe_ring = basic_pipe_ring<>;

template <>
inline constexpr variant_info variant<pipe_ring>{
    .name = "pipe",
    .storage = "none",
    .waiting = "mutex, two condition variables",
    .buffered = false,
    .contiguous = true,
    .kernel_waits = true,
    .source = "Go io.Pipe, seed 000",
};

}  // namespace annulus
