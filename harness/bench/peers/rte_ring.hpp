// DPDK's rte_ring.
#pragma once

// Comes first in any program of DPDK's.
#include <rte_config.h>
// Needs the above.
#include <rte_ring_elem.h>
#include <rte_ring_peek_zc.h>

#include <bit>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

#include "../spin_wait.hpp"
#include "item_channel.hpp"

namespace annulus::bench {

/// In memory of our own, for one producer and one consumer, which needs none of DPDK's environment.
/// The zero-copy calls copy an item at once, where the others copy word by word.
template <std::size_t Bytes>
class rte_queue {
  static_assert(Bytes % 4 == 0, "an element is a multiple of 4 bytes");

 public:
  static constexpr auto name = "rte-ring";
  /// It holds one item less than its power of two.
  explicit rte_queue(std::size_t items) {
    const auto count = static_cast<unsigned>(std::bit_ceil(items));
    const auto bytes = rte_ring_get_memsize_elem(Bytes, count);
    if (bytes < 0) throw std::bad_alloc();
    ring_.reset(static_cast<rte_ring*>(
        std::aligned_alloc(RTE_CACHE_LINE_SIZE, static_cast<std::size_t>(bytes))));
    if (!ring_ || rte_ring_init(ring_.get(), "bench", count, RING_F_SP_ENQ | RING_F_SC_DEQ) != 0)
      throw std::bad_alloc();
  }
  void put(const item<Bytes>& from) {
    rte_ring_zc_data place;
    for (spin_wait wait;
         rte_ring_enqueue_zc_bulk_elem_start(ring_.get(), Bytes, 1, &place, nullptr) == 0;)
      wait();
    std::memcpy(place.ptr1, &from, Bytes);
    rte_ring_enqueue_zc_elem_finish(ring_.get(), 1);
  }
  void take(item<Bytes>& to) {
    rte_ring_zc_data place;
    for (spin_wait wait;
         rte_ring_dequeue_zc_bulk_elem_start(ring_.get(), Bytes, 1, &place, nullptr) == 0;)
      wait();
    std::memcpy(&to, place.ptr1, Bytes);
    rte_ring_dequeue_zc_elem_finish(ring_.get(), 1);
  }

 private:
  struct release {
    void operator()(rte_ring* ring) const noexcept { std::free(ring); }
  };
  std::unique_ptr<rte_ring, release> ring_;
};

}  // namespace annulus::bench
