// A queue of fixed-size items as a channel: writes and reads are whole items.
#pragma once

#include <annulus/transfer.hpp>

namespace annulus::bench {

template <std::size_t Bytes>
struct item {
  std::byte bytes[Bytes];
};

/// `Queue` has put(const item&) and take(item&), which wait.
template <class Queue, std::size_t Bytes>
class item_channel {
 public:
  static constexpr std::size_t unit = Bytes;
  static constexpr auto name = Queue::name;
  explicit item_channel(std::size_t bytes) : queue_(bytes / Bytes) {}

  [[gnu::always_inline]] void write(bytes_view from) {
    const auto* const items = reinterpret_cast<const item<Bytes>*>(from.data());
    for (std::size_t i = 0; i < from.size() / Bytes; ++i) queue_.put(items[i]);
  }
  [[gnu::always_inline]] void read(bytes_span to) {
    auto* const items = reinterpret_cast<item<Bytes>*>(to.data());
    for (std::size_t i = 0; i < to.size() / Bytes; ++i) queue_.take(items[i]);
  }

 private:
  Queue queue_;
};

}  // namespace annulus::bench
