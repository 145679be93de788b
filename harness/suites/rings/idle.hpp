// Shape h: what an end costs that has nothing to do.
#pragma once

#include <array>
#include <functional>

#include "suites/rings/ping_pong.hpp"

namespace annulus::bench {

inline constexpr auto shape_h = "h";

inline constexpr auto reader_cpu = "parked_reader_cpu_percent";
inline constexpr auto writer_cpu = "parked_writer_cpu_percent";

/// What leaves an end waiting, and what lets it go.
struct waits {
  std::function<void()> read_from_empty;
  std::function<void()> feed;
  std::function<void()> write_beyond_full;
  std::function<void()> drain;
};

/// First a reader waits on an empty channel, then a writer on a full one, for `given.amount`
/// milliseconds each.
measurement watch_waits(const setup& given, const waits& ends);

template <class Channel>
measurement idle(const setup& given) {
  constexpr auto unit = unit_of<Channel>;
  Channel channel(given.ring_size);
  std::array<std::byte, unit> message{};
  // More than any channel takes at this size: rounding up at most doubles it.
  buffer more((2 * given.ring_size / unit + 1) * unit);
  buffer drained(more.size());
  return watch_waits(
      given, {[&] { channel.read(message); }, [&] { channel.write(std::array<std::byte, unit>{}); },
              [&] { channel.write(more); }, [&] { channel.read(drained); }});
}

}  // namespace annulus::bench
