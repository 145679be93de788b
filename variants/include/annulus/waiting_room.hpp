// What lets a ring be destroyed while an end still waits.
#pragma once

#include <atomic>
#include <cstdint>

namespace annulus {

/// Whether an end is in a call that has had to wait, so that the ring's destructor can let it
/// leave.
template <class Platform>
class waiting_room {
 public:
  class guest {
   public:
    explicit guest(waiting_room& room) noexcept : room_(room) {
      // Relaxed: who destroys the ring knows by other means that this end waits.
      room_.occupied_.store(1, std::memory_order_relaxed);
    }
    guest(const guest&) = delete;
    guest& operator=(const guest&) = delete;
    // Release: pairs with the acquire in wait_until_empty(); the last touch of the ring.
    ~guest() { room_.occupied_.store(0, std::memory_order_release); }

   private:
    waiting_room& room_;
  };

  void wait_until_empty() const noexcept {
    while (occupied_.load(std::memory_order_acquire) != 0) Platform::yield();  // pairs with ~guest
  }

 private:
  typename Platform::template atomic<std::uint32_t> occupied_{0};
};

}  // namespace annulus
