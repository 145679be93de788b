// What the two ends of a lock-free ring share.
#pragma once

#include <algorithm>
#include <annulus/platform.hpp>
#include <annulus/shared_status.hpp>
#include <annulus/status.hpp>
#include <annulus/waiting.hpp>
#include <annulus/waiting_room.hpp>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace annulus {

/// Two 64-bit indices that count bytes for ever, each with the gate at which the other end waits
/// for it, and the state of the stream. Holds no pointer that one end follows into the other, so
/// that it may lie in memory shared by two processes.
template <class Waiting, class Platform>
struct ring_core {
  struct alignas(line_bytes) side {
    typename Platform::template atomic<std::uint64_t> index{0};
    typename Waiting::template gate<Platform> gate;
  };

  using status_type = std::conditional_t<crosses_processes<Platform>, shared_status<Platform>,
                                         stream_status<Platform>>;

  alignas(line_bytes) status_type status;
  side tail;  // written by the producer; the consumer waits at its gate
  side head;  // written by the consumer; the producer waits at its gate

  /// Stores `index` into a side that the caller owns and wakes who waited for it.
  [[gnu::always_inline]] static void publish(side& mine, std::uint64_t index,
                                             end_counters<Platform>& counters) noexcept {
    // Releases the bytes, or the room, to the other end's acquire of this index.
    mine.index.store(index, Platform::publish);
    Platform::light_barrier();
    mine.gate.published(index, counters);
  }

  [[nodiscard]] std::size_t buffered(std::size_t capacity) const noexcept {
    // Head first. Acquire pairs with its release: the tail that the reader had seen by then happens
    // before, so the tail loaded here is never behind the head. Only counts leave this function.
    const auto from = head.index.load(std::memory_order_acquire);
    const auto to = tail.index.load(std::memory_order_relaxed);
    return std::min(static_cast<std::size_t>(to - from), capacity);
  }

  void fail(std::error_code error) noexcept {
    status.fail(error);
    tail.gate.wake();
    head.gate.wake();
  }

  /// Precondition: neither end is in a call.
  void reset() noexcept {
    status.reset();
    for (auto* each : {&tail, &head})
      each->index.store(0, std::memory_order_relaxed);  // nobody is in a call
  }
};

/// A large copy is published in slices of this size, so that the other end soon has something to
/// do.
inline constexpr std::size_t slice_bytes = std::size_t{16} << 10;

/// What each end keeps for itself: its position, how far it may go, and the open span.
template <class Platform>
struct ring_position {
  std::uint64_t index = 0;
  std::uint64_t lap = 0;  // the index of offset 0 in this lap: nothing is rounded or divided
  // Up to where there is something to move, as far as known: never less than the index, nor more
  // than the capacity ahead of it. A checker sees by it whether two threads are in this end at
  // once.
  typename Platform::template var<std::uint64_t> horizon{};
  std::uint64_t sample = 0;  // the index at which to look how full the ring is
  std::uint64_t smooth = 0;  // below it nothing above comes in the way, and no span is open
  std::size_t open = 0;      // bytes reserved or peeked

  /// Where `index` is in the storage.
  [[nodiscard]] std::size_t offset() const noexcept {
    return static_cast<std::size_t>(index - lap);
  }
  [[nodiscard]] std::size_t known() const noexcept {
    return static_cast<std::size_t>(horizon - index);
  }
  /// `n` bytes can be moved at once, within this lap, with nothing to do but to count them. One
  /// comparison for all that a call must look at, and no store but the index: what a small call
  /// costs is the entries that it takes in the store buffer.
  [[nodiscard, gnu::always_inline]] bool is_smooth(std::size_t n) const noexcept {
    return n <= slice_bytes && index + n < smooth;
  }

  /// The other end lets this one go as far as `to`. False, with nothing left to move, if it cannot
  /// be, which only a peer in another process can say: one that goes back, or beyond the capacity.
  [[nodiscard]] bool extend(std::uint64_t to, std::size_t capacity) noexcept {
    if constexpr (crosses_processes<Platform>) {
      if (to - horizon > index + capacity - horizon) {
        horizon = index;
        return false;
      }
    }
    horizon = to;
    return true;
  }
  void advance(std::size_t n, std::size_t capacity) noexcept {
    index += n;
    if (index - lap >= capacity) lap += capacity;
    smooth = std::min<std::uint64_t>({horizon, sample, lap + capacity});
    open = 0;
  }
  void expose(std::size_t n) noexcept {
    open = n;
    smooth = 0;
  }
};

}  // namespace annulus
