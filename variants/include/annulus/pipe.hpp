// `pipe`: no buffer; the reader copies out of the writer's own span. The baseline of every
// comparison.
#pragma once

#include <algorithm>
#include <annulus/contract.hpp>
#include <annulus/monitor.hpp>
#include <annulus/status.hpp>
#include <annulus/storage.hpp>
#include <annulus/waiting_room.hpp>
#include <utility>

namespace annulus {

/// A rendezvous, after Go's io.Pipe: `write` returns when the reader has taken the bytes,
/// `try_write` gives only to a reader that waits. It holds nothing, so capacity() is 0 and it is
/// always full. The size given to the constructor is limit(): that of one scratch block for
/// `reserve`, which `commit` hands over and the next call of the writer waits to get back, and one
/// for `peek`, which gathers into it what the writer offers.
template <class Platform = std_platform>
class basic_pipe_ring : public observers<basic_pipe_ring<Platform>> {
  using lock = typename monitor<Platform>::lock;
  using room_guest = typename waiting_room<Platform>::guest;

 public:
  class writer_end : public observers<writer_end> {
   public:
    /// A write hands its own memory to the reader and waits until that is taken.
    static constexpr bool rendezvous = true;

    writer_end(const writer_end&) = delete;
    writer_end& operator=(const writer_end&) = delete;

    transfer try_write(bytes_view from) {
      auto held = ring_.monitor_.enter();
      reserved_ = 0;
      if (const auto error = ring_.status_.writer_refusal()) return {0, error};
      const auto n = ring_.offer_.empty() ? std::min(from.size(), ring_.wanted_.size()) : 0;
      if (n > 0) {
        Platform::copy(ring_.wanted_.data(), from.data(), n);
        ring_.wanted_ = ring_.wanted_.subspan(n);
        counters_.moved(n);
        wake_reader(held);
      }
      return {n, n < from.size() ? make_error_code(errc::would_block) : std::error_code{}};
    }

    transfer write(bytes_view from, const until& limit = {}) {
      const room_guest inside(waiting_);
      auto held = ring_.monitor_.enter();
      reserved_ = 0;
      if (const auto error = ring_.status_.writer_refusal()) return {0, error};
      if (from.empty()) return {};
      if (const auto error = wait_taken(held, limit)) return {0, error};
      ring_.offer_ = from;
      wake_reader(held);
      const auto stopped = wait_taken(held, limit);
      const auto taken = from.size() - std::exchange(ring_.offer_, {}).size();
      counters_.moved(taken);
      return {taken, taken == from.size() ? std::error_code{} : stopped};
    }

    reservation try_reserve(std::size_t min) {
      auto held = ring_.monitor_.enter();
      return reserve_now(min);
    }

    reservation reserve(std::size_t min, const until& limit = {}) {
      const room_guest inside(waiting_);
      auto held = ring_.monitor_.enter();
      const auto got = reserve_now(min);
      if (got.error != errc::would_block) return got;
      if (const auto error = wait_taken(held, limit)) return {{}, error};
      return reserve_now(min);
    }

    std::error_code commit(std::size_t n) {
      auto held = ring_.monitor_.enter();
      if (n > reserved_) return errc::commit_overrun;
      if (const auto error = ring_.status_.writer_refusal()) return error;
      reserved_ = 0;
      if (n == 0) return {};
      ring_.offer_ = ring_.out_.at(0, n).first;
      counters_.moved(n);
      wake_reader(held);
      return {};
    }

    /// Takes back what the reader has not taken of the last commit. Returns its bytes.
    std::size_t withdraw() {
      auto held = ring_.monitor_.enter();
      const auto left = std::exchange(ring_.offer_, {}).size();
      counters_.moved(0 - left);
      return left;
    }

    std::error_code flush(const until& limit = {}) {
      const room_guest inside(waiting_);
      auto held = ring_.monitor_.enter();
      const auto drained = [this] { return ring_.held() == 0 || ring_.status_.flush_refusal(); };
      const auto stopped = drained() ? std::error_code{} : wait(held, drained, limit);
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

    /// Room, whatever `min`, is there once the reader has taken what was last offered.
    bool arm(std::size_t /*min*/, waker& who, std::size_t /*useful*/ = 0) {
      auto held = ring_.monitor_.enter();
      if (ring_.offer_.empty() || ring_.status_.writer_refusal()) return false;
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
    friend basic_pipe_ring;
    friend observers<writer_end>;
    explicit writer_end(basic_pipe_ring& owner) noexcept : ring_(owner) {}
    const basic_pipe_ring& observed() const noexcept { return ring_; }

    void wake_reader(lock& held) { ring_.rouse(ring_.reader_seat_, held, counters_); }

    reservation reserve_now(std::size_t min) {
      reserved_ = 0;
      if (min > ring_.out_.capacity()) return {{}, errc::exceeds_capacity};
      if (const auto error = ring_.status_.writer_refusal()) return {{}, error};
      if (!ring_.offer_.empty()) return {{}, errc::would_block};
      reserved_ = ring_.out_.capacity();
      return {ring_.out_.at(0, reserved_), {}};
    }

    // Waits until the reader has taken the whole offer.
    std::error_code wait_taken(lock& held, const until& limit) {
      if (ring_.offer_.empty()) return {};
      const auto ready = [this] { return ring_.offer_.empty() || ring_.status_.writer_refusal(); };
      const auto stopped = wait(held, ready, limit);
      if (ring_.offer_.empty()) return {};
      const auto error = ring_.status_.writer_refusal();
      return error ? error : stopped;
    }

    template <class Ready>
    std::error_code wait(lock& held, Ready ready, const until& limit) {
      return ring_.monitor_.wait(held, ring_.writer_seat_, ready, limit, counters_);
    }

    basic_pipe_ring& ring_;
    std::size_t reserved_ = 0;
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
        const auto given = wait_bytes(held, to.subspan(done), limit, stopped);
        counters_.moved(given);
        done += given;
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
        gathered_ += wait_bytes(held, vacant(), limit, stopped);
      }
    }

    std::error_code consume(std::size_t n) {
      auto held = ring_.monitor_.enter();
      if (n > peeked_) return errc::consume_overrun;
      if (const auto error = ring_.status_.reader_refusal()) return error;
      drop(held, n);
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

    /// An offer counts as `min` bytes: what is there must be taken for more to come.
    bool arm(std::size_t min, waker& who, std::size_t /*useful*/ = 0) {
      auto held = ring_.monitor_.enter();
      peeked_ = 0;
      if (gathered_ >= min || !ring_.offer_.empty() || ring_.status_.writer_is_closed() ||
          ring_.status_.reader_refusal())
        return false;
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
    friend basic_pipe_ring;
    friend observers<reader_end>;
    explicit reader_end(basic_pipe_ring& owner) noexcept : ring_(owner) {}
    const basic_pipe_ring& observed() const noexcept { return ring_; }

    // Takes what is there now: what an earlier peek gathered, then the writer's offer.
    transfer take(lock& held, bytes_span to) {
      peeked_ = 0;
      if (const auto error = ring_.status_.reader_refusal()) return {0, error};
      const auto kept = std::min(to.size(), gathered_);
      if (kept > 0) {
        Platform::copy(to.data(), ring_.in_.at(skipped_, kept).first.data(), kept);
        drop(held, kept);
      }
      const auto taken = ring_.take_offer(held, to.subspan(kept));
      counters_.moved(taken);
      const auto n = kept + taken;
      if (n > 0 || to.empty()) return {n, {}};
      return {0, ring_.status_.writer_is_closed() ? ring_.status_.end() : errc::would_block};
    }

    peeked peek_now(lock& held, std::size_t min) {
      peeked_ = 0;
      if (min > ring_.in_.capacity()) return {{}, errc::exceeds_capacity};
      if (const auto error = ring_.status_.reader_refusal()) return {{}, error};
      compact();
      gathered_ += ring_.take_offer(held, vacant());
      peeked_ = gathered_;
      const auto piece = ring_.in_.at(0, gathered_).first;
      if (gathered_ >= min) return {{piece, {}}, {}};
      return {{piece, {}},
              ring_.status_.writer_is_closed() ? ring_.status_.end() : errc::would_block};
    }

    // Waits for an offer, or for a try_write straight into `to`. Returns the bytes that the latter
    // put there.
    std::size_t wait_bytes(lock& held, bytes_span to, const until& limit,
                           std::error_code& stopped) {
      ring_.wanted_ = to;
      const auto ready = [this, &to] {
        return ring_.wanted_.size() < to.size() || !ring_.offer_.empty() ||
               ring_.status_.writer_is_closed() || ring_.status_.reader_refusal();
      };
      stopped = ring_.monitor_.wait(held, ring_.reader_seat_, ready, limit, counters_);
      const auto given = to.size() - std::exchange(ring_.wanted_, {}).size();
      return given;
    }

    void drop(lock& held, std::size_t n) {
      skipped_ += n;
      gathered_ -= n;
      peeked_ = 0;
      counters_.moved(n);
      if (ring_.held() == 0) ring_.rouse(ring_.writer_seat_, held, counters_);
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
    end_counters<Platform> counters_;
    waiting_room<Platform> waiting_;
  };

  explicit basic_pipe_ring(std::size_t limit, const memory_policy& memory = {})
      : out_(limit, memory), in_(limit, memory) {}
  basic_pipe_ring(const basic_pipe_ring&) = delete;
  basic_pipe_ring& operator=(const basic_pipe_ring&) = delete;

  /// An end that waits gets errc::destroyed, and is let out of its call first.
  ~basic_pipe_ring() {
    {
      auto held = monitor_.enter();
      fail(held, errc::destroyed);
    }
    writer_.waiting_.wait_until_empty();
    reader_.waiting_.wait_until_empty();
  }

  [[nodiscard]] writer_end& writer() noexcept { return writer_; }
  [[nodiscard]] reader_end& reader() noexcept { return reader_; }

  /// Of both scratch blocks.
  [[nodiscard]] memory_report memory() const {
    const page_census census;
    memory_report report;
    for (const auto* block : {&out_, &in_}) block->count(census, report);
    return report;
  }

  void reset() {
    auto held = monitor_.enter();
    status_.reset();
    offer_ = {};
    writer_.reserved_ = 0;
    reader_.skipped_ = reader_.gathered_ = reader_.peeked_ = 0;
    writer_.counters_.reset();
    reader_.counters_.reset();
  }

 private:
  friend observers<basic_pipe_ring>;
  friend observers<writer_end>;
  friend observers<reader_end>;
  const basic_pipe_ring& observed() const noexcept { return *this; }

  [[nodiscard]] std::size_t buffered() const noexcept {
    const auto held = monitor_.enter();
    return this->held();
  }
  [[nodiscard]] std::size_t storage_capacity() const noexcept { return 0; }
  [[nodiscard]] std::size_t span_limit() const noexcept { return out_.capacity(); }
  [[nodiscard]] ring_stats counted() const noexcept {
    return {writer_.counters_.snapshot(), reader_.counters_.snapshot()};
  }

  // What the writer has handed over and the reader has not consumed.
  [[nodiscard]] std::size_t held() const noexcept { return offer_.size() + reader_.gathered_; }

  // Copies from the offer; wakes the writer when it is all taken.
  std::size_t take_offer(lock& held, bytes_span to) {
    const auto n = std::min(to.size(), offer_.size());
    if (n == 0) return 0;
    Platform::copy(to.data(), offer_.data(), n);
    offer_ = offer_.subspan(n);
    if (offer_.empty()) rouse(writer_seat_, held, reader_.counters_);
    return n;
  }

  static void rouse(typename monitor<Platform>::seat& where, lock& held,
                    end_counters<Platform>& counters) noexcept {
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
  // Guarded by the monitor.
  bytes_view offer_;   // what the writer offers and the reader has not taken
  bytes_span wanted_;  // where a waiting reader takes a try_write
  typename monitor<Platform>::seat writer_seat_, reader_seat_;
  flat_storage out_, in_;
  stream_status<Platform> status_;
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
