// DPDK's rte_ring.
#pragma once

// Comes first in any program of DPDK's.
#include <rte_config.h>
// Needs the above.
#include <rte_ring_elem.h>

#include <annulus/core/mapping.hpp>
#include <annulus/transfer.hpp>
#include <bit>
#include <new>

#include "suites/common/spin_wait.hpp"

namespace annulus::bench {

/// Of 16-byte elements, many a call, through which every shape's sizes go but the single byte's,
/// which takes an element to itself. Tried besides, with 64-byte messages: 64-byte elements, copied
/// by the ring (23 M/s instead of 30) or by us between its zero-copy calls (22). It lies in memory
/// of our own and needs none of DPDK's environment.
class rte_stream {
 public:
  static constexpr auto name = "rte-ring";
  static constexpr std::size_t unit = 16;

  /// It holds one element less than its power of two.
  explicit rte_stream(std::size_t bytes)
      : memory_(mapping::anonymous(memory_size(bytes))),
        ring_(reinterpret_cast<::rte_ring*>(memory_.data())) {
    if (rte_ring_init(ring_, "bench", elements(bytes), RING_F_SP_ENQ | RING_F_SC_DEQ) != 0)
      throw std::bad_alloc();
  }

  [[gnu::always_inline]] void write(bytes_view from) {
    const auto* at = from.data();
    spin_wait wait;
    for (auto left = static_cast<unsigned>(from.size() / unit);;) {
      const auto n = rte_ring_sp_enqueue_burst_elem(ring_, at, unit, left, nullptr);
      left -= n;
      if (left == 0) return;
      at += n * unit;
      if (n == 0) wait();
    }
  }

  [[gnu::always_inline]] void read(bytes_span to) {
    auto* at = to.data();
    spin_wait wait;
    for (auto left = static_cast<unsigned>(to.size() / unit);;) {
      const auto n = rte_ring_sc_dequeue_burst_elem(ring_, at, unit, left, nullptr);
      left -= n;
      if (left == 0) return;
      at += n * unit;
      if (n == 0) wait();
    }
  }

 private:
  static unsigned elements(std::size_t bytes) {
    return static_cast<unsigned>(std::bit_ceil(bytes / unit));
  }
  static std::size_t memory_size(std::size_t bytes) {
    const auto size = rte_ring_get_memsize_elem(unit, elements(bytes));
    if (size < 0) throw std::bad_alloc();
    return static_cast<std::size_t>(size);
  }

  mapping memory_;
  ::rte_ring* ring_;
};

}  // namespace annulus::bench
