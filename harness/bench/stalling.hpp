// Shape g: a paced producer, and a consumer that now and then stops, as a disk does.
#pragma once

#include <sys/prctl.h>

#include <algorithm>
#include <cmath>

#include "statistics.hpp"
#include "stream.hpp"

namespace annulus::bench {

/// 64 KiB blocks at 1 GiB/s, open loop: a producer that is late catches up. The consumer sleeps 2
/// ms in the middle of every 50 ms.
struct shape_g : warming {
  static constexpr auto name = "g";
  static constexpr std::chrono::milliseconds period{50};
  static constexpr std::chrono::milliseconds stall{2};
  static constexpr double bytes_a_second = 1U << 30U;
  static constexpr double longer = 5;  ///< than other shapes, since it needs several stalls
};

/// Sleeps until `due` on the kernel's clock, which takes no CPU time meanwhile.
inline void sleep_until(clock::time_point due) noexcept {
  const auto since = due.time_since_epoch();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since);
  const timespec at{static_cast<time_t>(seconds.count()),
                    static_cast<long>(std::chrono::nanoseconds(since - seconds).count())};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr) == EINTR) {
  }
}

template <class Channel>
measurement stalling(const setup& given) {
  constexpr auto block = shape_g::read;
  const auto period = std::chrono::duration<double>(shape_g::period).count();
  const auto periods = std::max(1.0, std::round(given.seconds * shape_g::longer / period));
  const auto blocks =
      static_cast<std::uint64_t>(periods * period * shape_g::bytes_a_second) / block;
  const std::chrono::duration<double> interval(block / shape_g::bytes_a_second);
  Channel channel(given.ring_size);
  buffer source(block);
  buffer target(block);
  std::vector<double> stalls(blocks);
  double producer_cpu = 0;
  double consumer_cpu = 0;
  auto out = timed_flow(
      given, channel, blocks * block, blocks, 0,
      [&](Channel& to, std::uint64_t from, std::uint64_t end) {
        if (from == end) return;
        prctl(PR_SET_TIMERSLACK, 1UL);  // nanosecond; the default of 50 µs is near the interval
        const auto used = thread_cpu_seconds();
        const auto start = clock::now();
        for (std::uint64_t i = 0; i < blocks; ++i) {
          const auto due = start + std::chrono::duration_cast<clock::duration>(
                                       static_cast<double>(i) * interval);
          if (clock::now() < due) sleep_until(due);
          fill(source, from + i * block);
          const auto before = clock::now();
          to.write(source);
          stalls[i] = seconds_between(before, clock::now());
        }
        producer_cpu = thread_cpu_seconds() - used;
      },
      [&](Channel& from, std::uint64_t start, std::uint64_t end) {
        const auto used = thread_cpu_seconds();
        auto next_stall = clock::now() + shape_g::period / 2;
        std::uint64_t seen = 0;
        for (auto position = start; position < end; position += block) {
          if (const auto now = clock::now(); now >= next_stall) {
            sleep_until(now + shape_g::stall);
            next_stall += shape_g::period;
          }
          seen |= consume<shape_g>(from, position, position + block, target);
        }
        consumer_cpu = thread_cpu_seconds() - used;
        return seen;
      });
  const auto gib = static_cast<double>(out.amount) / static_cast<double>(1U << 30U);
  out.metrics[cpu_per_gib] = (producer_cpu + consumer_cpu) / gib;
  out.metrics[stall_p999] = harness::quantile(std::move(stalls), 0.999) * 1e6;
  return out;
}

}  // namespace annulus::bench
