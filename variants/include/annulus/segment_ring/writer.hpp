// The writing end of a `segment` ring.
#pragma once

#include <algorithm>
#include <annulus/contract.hpp>
#include <annulus/core/locked_end.hpp>
#include <annulus/segment_ring/core.hpp>
#include <new>
#include <system_error>

namespace annulus {

template <class Platform>
class basic_segment_ring;

/// The calls of contract.hpp, made of a pipe's: memory comes from the pipe's tail and is written to
/// without the lock; bytes count once the lock has been taken to publish them, and no byte is ever
/// advanced without being committed under the same lock.
template <class Platform>
class segment_writer
    : public locked_end<segment_writer<Platform>, segment_core<Platform>, role::writer> {
  using base = locked_end<segment_writer, segment_core<Platform>, role::writer>;
  using ring_type = basic_segment_ring<Platform>;
  using typename base::call_scope;
  using typename base::lock;

 public:
  transfer try_write(bytes_view from) { return put(from, nullptr); }
  transfer write(bytes_view from, const until& limit = {}) {
    const call_scope inside(waiting_);
    return put(from, &limit);
  }

  reservation try_reserve(std::size_t min) { return allocate(min, nullptr); }
  reservation reserve(std::size_t min, const until& limit = {}) {
    const call_scope inside(waiting_);
    return allocate(min, &limit);
  }

  std::error_code commit(std::size_t n) {
    if (n > reserved_) return errc::commit_overrun;
    auto held = core_.enter();
    if (const auto error = base::refusal(held)) return error;
    publish(held, n);
    reserved_ = 0;
    return {};
  }

 private:
  friend ring_type;
  friend base;
  friend observers<segment_writer>;
  using base::core_;
  using base::waiting_;

  explicit segment_writer(ring_type& owner) noexcept
      : base(owner.core_), ring_(owner), capacity_(owner.capacity_), room_(capacity_) {}
  const ring_type& observed() const noexcept { return ring_; }

  void reset() noexcept {
    reserved_ = 0;
    room_ = capacity_;
  }

  // Accepts everything, or what fits now if there is no `limit`. A write that finds room where it
  // knew of some takes the lock once.
  transfer put(bytes_view from, const until* limit) {
    reserved_ = 0;
    if (limit != nullptr) {
      if (const auto error = base::given_up(*limit)) return {0, error};
    }
    std::size_t done = 0;
    for (std::error_code stopped;;) {
      const auto copied = copy_in(from.subspan(done));
      auto held = core_.enter();
      if (const auto error = base::refusal(held)) return {done, error};
      publish(held, copied.bytes);
      done += copied.bytes;
      if (copied.error || done == from.size()) return {done, copied.error};
      while (room_ == 0) {
        if (limit == nullptr) return {done, errc::would_block};
        if (stopped || (stopped = limit->template over<Platform>())) return {done, stopped};
        stopped = wait_room(held, 1, *limit);
        if (const auto error = base::refusal(held)) return {done, error};
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
      if (limit != nullptr) {
        if (const auto error = base::refusal(held, *limit)) return {{}, error};
      }
      for (std::error_code stopped;;) {
        if (const auto error = base::refusal(held)) return {{}, error};
        if (room_ >= min) break;
        if (limit == nullptr) return {{}, errc::would_block};
        if (stopped) return {{}, stopped};
        stopped = wait_room(held, min, *limit);
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

  bool must_wait(lock& held, std::size_t min) noexcept {
    if (core_.room(held) >= min || base::refusal(held)) return false;
    core_.want_room(held, min);
    return true;
  }
  [[nodiscard]] bool is_drained(const lock& held) const noexcept {
    return core_.buffered(held) == 0;
  }
  std::error_code wait_drained(lock& held, const until& limit) {
    return wait_room(held, capacity_, limit);
  }
  // Until there is room for `n`, or the stream changes. Precondition: neither is so.
  std::error_code wait_room(lock& held, std::size_t n, const until& limit) {
    core_.want_room(held, n);
    const auto stopped = base::wait(
        held, [this] { return core_.flush_ready(); }, limit);
    core_.want_room(held, 0);
    room_ = core_.room(held);
    return stopped;
  }

  ring_type& ring_;
  const std::size_t capacity_;
  std::size_t reserved_ = 0;
  std::size_t room_;  // at least
};

}  // namespace annulus
