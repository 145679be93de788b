// boost::lockfree::spsc_queue.
#pragma once

#include <annulus/transfer.hpp>
#include <boost/lockfree/spsc_queue.hpp>

#include "suites/common/spin_wait.hpp"
#include "suites/rings/peers/item_channel.hpp"

namespace annulus::bench {

/// Of bytes, through the calls that take many at once. Tried besides, at 2 MiB and 32 MiB with
/// 64-byte writes: never pausing (216 and 14 M writes/s instead of 180 and 23) and waiting for a
/// whole read before it pops (103 and 66, and slower with 64-byte reads).
class boost_spsc {
 public:
  static constexpr auto name = "boost-spsc";
  explicit boost_spsc(std::size_t bytes) : queue_(bytes) {}

  [[gnu::always_inline]] void write(bytes_view from) {
    const auto* at = reinterpret_cast<const char*>(from.data());
    spin_wait wait;
    for (auto left = from.size();;) {
      const auto n = queue_.push(at, left);
      left -= n;
      if (left == 0) return;
      at += n;
      if (n == 0) wait();
    }
  }

  [[gnu::always_inline]] void read(bytes_span to) {
    auto* at = reinterpret_cast<char*>(to.data());
    spin_wait wait;
    for (auto left = to.size();;) {
      const auto n = queue_.pop(at, left);
      left -= n;
      if (left == 0) return;
      at += n;
      if (n == 0) wait();
    }
  }

 private:
  boost::lockfree::spsc_queue<char> queue_;
};

/// Of items, one a call.
template <std::size_t Bytes>
class boost_spsc_queue {
 public:
  static constexpr auto name = "boost-spsc-items";
  explicit boost_spsc_queue(std::size_t items) : queue_(items) {}
  void put(const item<Bytes>& from) {
    for (spin_wait wait; !queue_.push(from);) wait();
  }
  void take(item<Bytes>& to) {
    for (spin_wait wait; !queue_.pop(&to, 1);) wait();
  }

 private:
  boost::lockfree::spsc_queue<item<Bytes>> queue_;
};

}  // namespace annulus::bench
