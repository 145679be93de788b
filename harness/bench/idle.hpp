// Shape h: what an end costs that has nothing to do.
#pragma once

#include "ping_pong.hpp"
#include "stalling.hpp"

namespace annulus::bench {

struct shape_h {
  static constexpr auto name = "h";
  static constexpr double longer = 10;  ///< than other shapes: 1 s
};

/// The CPU time of this process in % of one CPU, while it does nothing but wait.
inline double idle_percent(double seconds) {
  const auto used = [] {
    timespec at{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return static_cast<double>(at.tv_sec) + 1e-9 * static_cast<double>(at.tv_nsec);
  };
  const auto before = used();
  const auto start = clock::now();
  sleep_until(start +
              std::chrono::duration_cast<clock::duration>(std::chrono::duration<double>(seconds)));
  return (used() - before) / seconds_between(start, clock::now()) * 100;
}

/// Time for an end that is about to wait to do so: to spin as long as it will, and to sleep.
inline constexpr std::chrono::milliseconds settling{20};

/// First a reader waits on an empty channel, then a writer on a full one.
template <class Channel>
measurement idle(const setup& given) {
  constexpr auto unit = unit_of<Channel>;
  Channel channel(given.ring_size);
  measurement out{given.seconds * shape_h::longer * 2, 0, {}};
  const auto park = [](int cpu, auto wait) {
    auto end = std::async(std::launch::async, [cpu, wait] {
      harness::pin_thread(std::array{cpu});
      wait();
    });
    sleep_until(clock::now() + settling);
    return end;
  };
  std::array<std::byte, unit> message{};
  {
    auto reader = park(given.cpus.consumer, [&] { channel.read(message); });
    out.metrics[reader_cpu] = idle_percent(out.seconds / 2);
    channel.write(std::array<std::byte, unit>{});
    reader.get();
  }
  // More than any channel takes at this size: rounding up at most doubles it.
  buffer more((2 * given.ring_size / unit + 1) * unit);
  {
    auto writer = park(given.cpus.producer, [&] { channel.write(more); });
    out.metrics[writer_cpu] = idle_percent(out.seconds / 2);
    buffer drain(more.size());
    channel.read(drain);
    writer.get();
  }
  return out;
}

}  // namespace annulus::bench
