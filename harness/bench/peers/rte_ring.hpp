// DPDK's rte_ring.
#pragma once

// Comes first in any program of DPDK's.
#include <rte_config.h>
// Needs the above.
#include <rte_ring_elem.h>

#include <annulus/transfer.hpp>
#include <bit>
#include <cstdlib>
#include <memory>
#include <new>

#include "../spin_wait.hpp"
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
  explicit rte_stream(std::size_t bytes) {
    const auto count = static_cast<unsigned>(std::bit_ceil(bytes / unit));
    const auto size = rte_ring_get_memsize_elem(unit, count);
    if (size < 0) throw std::bad_alloc();
    ring_.reset(static_cast<rte_ring*>(
        std::aligned_alloc(RTE_CACHE_LINE_SIZE, static_cast<std::size_t>(size))));
    if (!ring_ || rte_ring_init(ring_.get(), "bench", count, RING_F_SP_ENQ | RING_F_SC_DEQ) != 0)
      throw std::bad_alloc();
  }

  void write(bytes_view from) {
    const auto* at = from.data();
    spin_wait wait;
    for (auto left = static_cast<unsigned>(from.size() / unit);;) {
      const auto n = rte_ring_sp_enqueue_burst_elem(ring_.get(), at, unit, left, nullptr);
      left -= n;
      if (left == 0) return;
      at += n * unit;
      if (n == 0) wait();
    }
  }

  void read(bytes_span to) {
    auto* at = to.data();
    spin_wait wait;
    for (auto left = static_cast<unsigned>(to.size() / unit);;) {
      const auto n = rte_ring_sc_dequeue_burst_elem(ring_.get(), at, unit, left, nullptr);
      left -= n;
      if (left == 0) return;
      at += n * unit;
      if (n == 0) wait();
    }
  }

 private:
  struct release {
    void operator()(rte_ring* ring) const noexcept { std::free(ring); }
  };
  std::unique_ptr<rte_ring, release> ring_;
};

}  // namespace annulus::bench
