// What the two ends of a lock-free ring share.
#pragma once

#include <algorithm>
#include <annulus/core/copy_choice.hpp>
#include <annulus/core/platform.hpp>
#include <annulus/core/status.hpp>
#include <annulus/core/waiting.hpp>
#include <cstddef>
#include <cstdint>

namespace annulus {

/// A platform on which the publisher of an index may pass a barrier of its own, so that the waiter
/// need not have one run on every core.
template <class Platform>
concept chooses_barriers = !crosses_processes<Platform> && requires {
  Platform::own_barrier();
  Platform::own_barriers_worth();
};

/// Which of the two barriers an end passes when it publishes. Many publications and few parks: the
/// light one, and each park pays for both sides. Few publications a park: its own. What one costs
/// is measured, and what there is of each counted where it costs nothing beside: after each wake,
/// or, if that was in vain, after twice as many as before, an end passes its own barriers until it
/// has passed more than a park is worth. Belongs to one end; O(1).
template <class Platform>
class barrier_choice {
 public:
  /// Between the store of an index and the look for who waits at `gate` for it.
  template <class Gate>
  [[gnu::always_inline]] void pass(Gate& gate) noexcept {
    if constexpr (chooses_barriers<Platform>) {
      if (passes_own_) [[unlikely]]
        return pass_own(gate);
    }
    Platform::light_barrier();
  }

  /// After a wake of who waited at `gate`: one park.
  template <class Gate>
  void woke(Gate& gate) noexcept {
    if constexpr (chooses_barriers<Platform>) {
      passed_ = 0;
      if (passes_own_ || ++wakes_ < wakes_before_) return;
      if (Platform::own_barriers_worth() == 0) return;
      passes_own_ = true;
      gate.expect_barriers(true);
    }
  }

 private:
  template <class Gate>
  [[gnu::noinline]] void pass_own(Gate& gate) noexcept {
    Platform::own_barrier();
    if (++passed_ <= Platform::own_barriers_worth()) return;
    gate.expect_barriers(false);
    passes_own_ = false;
    passed_ = wakes_ = 0;
    wakes_before_ = std::min(2 * wakes_before_, most_wakes);
  }

  static constexpr std::uint32_t most_wakes = 1024;

  bool passes_own_ = false;
  std::uint32_t passed_ = 0;        // since the last park
  std::uint32_t wakes_ = 0;         // since the last time that its own were passed
  std::uint32_t wakes_before_ = 1;  // they are passed again
};

/// Two 64-bit indices that count bytes for ever, each with the gate at which the other end waits
/// for it, and the state of the stream. Holds no pointer that one end follows into the other, so
/// that it may lie in memory shared by two processes.
template <class Waiting, class Platform>
struct ring_core {
  struct alignas(line_bytes) side {
    typename Platform::template atomic<std::uint64_t> index{0};
    typename Waiting::template gate<Platform> gate;
  };

  // What one end writes is on no line of the other's.
  static_assert(sizeof(side) % line_bytes == 0 && alignof(side) == line_bytes);

  alignas(line_bytes) typename status_of<Platform>::type status;
  // As tail.index, while the producer is corked: on a line that the consumer looks at only when it
  // would wait, so that it stays with the producer. Else it is of the past, and behind it.
  alignas(line_bytes) typename Platform::template atomic<std::uint64_t> unpublished{0};
  side tail;  // written by the producer; the consumer waits at its gate
  side head;  // written by the consumer; the producer waits at its gate

  /// Stores `index` into a side that the caller owns and wakes who waited for it.
  [[gnu::always_inline]] static void publish(side& mine, std::uint64_t index,
                                             barrier_choice<Platform>& barrier,
                                             end_counters<Platform>& counters) noexcept {
    publish(mine.index, mine, index, barrier, counters);
  }
  /// The same for the producer while it is corked.
  [[gnu::always_inline]] void hold_back(std::uint64_t index, barrier_choice<Platform>& barrier,
                                        end_counters<Platform>& counters) noexcept {
    publish(unpublished, tail, index, barrier, counters);
  }

  [[nodiscard]] std::size_t buffered(std::size_t capacity) const noexcept {
    // Head first. Acquire pairs with its release: the tail that the reader had seen by then happens
    // before, so the tail loaded here is never behind the head. Only counts leave this function.
    const auto from = head.index.load(std::memory_order_acquire);
    const auto to = std::max(tail.index.load(std::memory_order_relaxed),
                             unpublished.load(std::memory_order_relaxed));
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
    // Relaxed: nobody is in a call.
    unpublished.store(0, std::memory_order_relaxed);
    for (auto* each : {&tail, &head}) each->index.store(0, std::memory_order_relaxed);
  }

 private:
  [[gnu::always_inline]] static void publish(
      typename Platform::template atomic<std::uint64_t>& where, side& mine, std::uint64_t index,
      barrier_choice<Platform>& barrier, end_counters<Platform>& counters) noexcept {
    // Releases the bytes, or the room, to the other end's acquire of this index.
    where.store(index, Platform::publish);
    barrier.pass(mine.gate);
    if (mine.gate.published(index, counters)) [[unlikely]]
      barrier.woke(mine.gate);
  }
};

/// A large copy is published in slices, so that the other end soon has something to do: of this
/// size, or larger ones in a large ring, where the other end has enough to do and each publication
/// takes a line from it.
inline constexpr std::size_t slice_bytes = std::size_t{16} << 10;
constexpr std::size_t slice_of(std::size_t capacity) noexcept {
  return std::clamp(capacity / 32, slice_bytes, 4 * slice_bytes);
}

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
