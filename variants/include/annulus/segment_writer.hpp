// The writing end of a `segment` ring.
#pragma once

#include <algorithm>
#include <annulus/contract.hpp>
#include <annulus/pipelines/pipe_core.hpp>
#include <annulus/waiting_room.hpp>
#include <new>
#include <system_error>

namespace annulus {

template <class Platform>
class basic_segment_ring;

/// The calls of contract.hpp, made of a pipe's: memory comes from the pipe's tail and is written to
/// without the lock; bytes count once the lock has been taken to publish them, and no byte is ever
/// advanced without being committed under the same lock.
template <class Platform>
class segment_writer : public observers<segment_writer<Platform>> {
  using ring_type = basic_segment_ring<Platform>;
  using lock = typename pipelines::pipe_core<Platform>::lock;
  using room_guest = typename waiting_room<Platform>::guest;

 public:
  segment_writer(const segment_writer&) = delete;
  segment_writer& operator=(const segment_writer&) = delete;

  transfer try_write(bytes_view from) { return put(from, nullptr); }
  transfer write(bytes_view from, const until& limit = {}) {
    const room_guest inside(waiting_);
    return put(from, &limit);
  }

  reservation try_reserve(std::size_t min) { return allocate(min, nullptr); }
  reservation reserve(std::size_t min, const until& limit = {}) {
    const room_guest inside(waiting_);
    return allocate(min, &limit);
  }

  std::error_code commit(std::size_t n) {
    if (n > reserved_) return errc::commit_overrun;
    auto held = core_.enter();
    if (const auto error = refusal(held)) return error;
    publish(held, n);
    reserved_ = 0;
    return {};
  }

  std::error_code flush(const until& limit = {}) {
    const room_guest inside(waiting_);
    auto held = core_.enter();
    std::error_code stopped;
    if (core_.buffered(held) > 0 && !flush_refusal(held)) stopped = wait(held, capacity_, limit);
    const auto error = flush_refusal(held);
    return error ? error : stopped;
  }

  void close() {
    auto held = core_.enter();
    if (!core_.writer_done(held)) core_.complete_writer(held, {});
  }
  void close(std::error_code error) {
    if (!error) return close();
    auto held = core_.enter();
    if (!core_.writer_done(held)) core_.fail(held, error);
  }

  // Told at the minimum: to wait for what is useful, an end would have to be told as well when the
  // other waits for it in its turn, and a call that takes a lock anyway has less to gain.
  bool arm(std::size_t min, waker& who, std::size_t /*useful*/ = 0) {
    auto held = core_.enter();
    if (core_.room(held) >= min || refusal(held)) return false;
    core_.want_room(held, min);
    return core_.arm(held, core_.writer_seat(), who);
  }
  bool disarm(waker& who) {
    auto held = core_.enter();
    return core_.disarm(held, core_.writer_seat(), who);
  }
  void wake() {
    auto held = core_.enter();
    core_.wake(held, core_.writer_seat());
  }

 private:
  friend ring_type;
  friend observers<segment_writer>;

  explicit segment_writer(ring_type& owner) noexcept
      : ring_(owner), core_(owner.core_), capacity_(owner.capacity_), room_(capacity_) {}
  const ring_type& observed() const noexcept { return ring_; }

  void reset() noexcept {
    reserved_ = 0;
    room_ = capacity_;
  }

  [[nodiscard]] std::error_code refusal(const lock& held) const noexcept {
    if (const auto error = core_.failure(held)) return error;
    if (core_.writer_done(held) || core_.reader_done(held)) return errc::closed;
    return {};
  }
  [[nodiscard]] std::error_code flush_refusal(const lock& held) const noexcept {
    if (const auto error = core_.failure(held)) return error;
    return core_.reader_done(held) ? errc::closed : std::error_code{};
  }

  // Accepts everything, or what fits now if there is no `limit`. A write that finds room where it
  // knew of some takes the lock once.
  transfer put(bytes_view from, const until* limit) {
    reserved_ = 0;
    std::size_t done = 0;
    for (std::error_code stopped;;) {
      const auto copied = copy_in(from.subspan(done));
      auto held = core_.enter();
      if (const auto error = refusal(held)) return {done, error};
      publish(held, copied.bytes);
      done += copied.bytes;
      if (copied.error || done == from.size()) return {done, copied.error};
      while (room_ == 0) {
        if (limit == nullptr) return {done, errc::would_block};
        if (stopped) return {done, stopped};
        stopped = wait(held, 1, *limit);
        if (const auto error = refusal(held)) return {done, error};
      }
    }
  }

  // To where nobody else looks yet: into one segment, and into room that was there when last looked
  // at, which only this end takes.
  transfer copy_in(bytes_view from) noexcept {
    const auto most = std::min(from.size(), room_);
    if (most == 0) return {};
    const auto got = grant(1, most);
    if (!got.error) Platform::copy(got.memory.first.data(), from.data(), got.memory.size());
    return {got.memory.size(), got.error};
  }

  reservation allocate(std::size_t min, const until* limit) {
    reserved_ = 0;
    if (min > capacity_) return {{}, errc::exceeds_capacity};
    {
      auto held = core_.enter();
      room_ = core_.room(held);
      for (std::error_code stopped;;) {
        if (const auto error = refusal(held)) return {{}, error};
        if (room_ >= min) break;
        if (limit == nullptr) return {{}, errc::would_block};
        if (stopped) return {{}, stopped};
        stopped = wait(held, min, *limit);
      }
    }
    if (room_ == 0) return {};
    const auto got = grant(std::max<std::size_t>(min, 1), room_);
    reserved_ = got.memory.size();
    return got;
  }

  reservation grant(std::size_t min, std::size_t most) noexcept {
    try {
      return {{core_.tail().allocate(min, most), {}}, {}};
    } catch (const std::bad_alloc&) {
      return {{}, std::make_error_code(std::errc::not_enough_memory)};
    }
  }

  void publish(lock& held, std::size_t n) noexcept {
    core_.tail().advance(n);
    core_.tail().withdraw();
    core_.put(held);
    room_ = core_.room(held);
  }

  // Until there is room for `n`, or the stream changes. Precondition: neither is so.
  std::error_code wait(lock& held, std::size_t n, const until& limit) {
    core_.want_room(held, n);
    const auto stopped = core_.wait(
        held, core_.writer_seat(), [this] { return core_.flush_ready(); }, limit,
        core_.writer_counters());
    core_.want_room(held, 0);
    room_ = core_.room(held);
    return stopped;
  }

  ring_type& ring_;
  pipelines::pipe_core<Platform>& core_;
  const std::size_t capacity_;
  std::size_t reserved_ = 0;
  std::size_t room_;  // at least
  waiting_room<Platform> waiting_;
};

}  // namespace annulus
