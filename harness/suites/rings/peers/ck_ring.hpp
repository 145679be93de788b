// Concurrency Kit's ck_ring.
#pragma once

#include <bit>
#include <vector>

// The header is C: it returns false where a pointer is due, which in C++ only a literal 0 may be.
// Calling it from C instead would cost it a call an item that its users do not pay.
#pragma GCC diagnostic push
#ifdef __clang__
#pragma GCC diagnostic ignored "-Wkeyword-macro"
#endif
#define false 0
#include <ck_ring.h>
#undef false
#pragma GCC diagnostic pop

#include "suites/common/spin_wait.hpp"
#include "suites/rings/peers/item_channel.hpp"

namespace annulus::bench {

/// One producer and one consumer; items lie in the ring itself, since pointers to them would touch
/// a second line an item. The calls are those that CK_RING_PROTOTYPE expands to, which is not C++.
template <std::size_t Bytes>
class ck_queue {
 public:
  static constexpr auto name = "ck-ring";
  /// It holds one item less than its power of two.
  explicit ck_queue(std::size_t items) : memory_(std::bit_ceil(items)) {
    ck_ring_init(&ring_, static_cast<unsigned>(memory_.size()));
  }
  void put(const item<Bytes>& from) {
    for (spin_wait wait; !_ck_ring_enqueue_sp(&ring_, memory_.data(), &from, Bytes, nullptr);)
      wait();
  }
  void take(item<Bytes>& to) {
    for (spin_wait wait; !_ck_ring_dequeue_sc(&ring_, memory_.data(), &to, Bytes);) wait();
  }

 private:
  std::vector<item<Bytes>> memory_;
  ck_ring_t ring_{};
};

}  // namespace annulus::bench
