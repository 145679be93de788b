// readerwriterqueue's blocking circular buffer.
#pragma once

#include <readerwriterqueue/readerwritercircularbuffer.h>

#include "suites/rings/peers/item_channel.hpp"

namespace annulus::bench {

/// Waits as it was made to: its semaphore spins, then sleeps.
template <std::size_t Bytes>
class moodycamel_queue {
 public:
  static constexpr auto name = "moodycamel";
  explicit moodycamel_queue(std::size_t items) : queue_(items) {}
  void put(const item<Bytes>& from) { queue_.wait_enqueue(from); }
  void take(item<Bytes>& to) { queue_.wait_dequeue(to); }

 private:
  moodycamel::BlockingReaderWriterCircularBuffer<item<Bytes>> queue_;
};

}  // namespace annulus::bench
