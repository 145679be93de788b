// Shape f: one byte goes there and back over two channels, and so on.
#pragma once

#include <array>
#include <vector>

#include "suites/common/duel.hpp"
#include "suites/common/measurement.hpp"
#include "suites/common/stream.hpp"
#include "suites/common/tick_clock.hpp"

namespace annulus::bench {

inline constexpr auto shape_f = "f";

inline constexpr auto round_trip_p50 = "round_trip_p50_ns";
inline constexpr auto round_trip_p99 = "round_trip_p99_ns";
inline constexpr auto round_trip_p999 = "round_trip_p99.9_ns";

/// The smallest message that a channel carries: one byte, unless it says otherwise.
template <class Channel>
inline constexpr std::size_t unit_of = 1;
template <class Channel>
requires requires {
  Channel::unit;
}
inline constexpr std::size_t unit_of<Channel> = Channel::unit;

inline constexpr std::size_t warm_round_trips = 1000;

/// The percentiles of round trips, each given as two successive readings of the clock.
measurement round_trips(const std::vector<std::uint64_t>& ticks);

/// `serve(i)` sends the i-th byte and waits for its return; `answer(i)` awaits it and sends it
/// back. The clock is read once a round trip, so that its own cost lies in it, for rings and roofs
/// alike.
template <class Serve, class Answer>
measurement volley(const setup& given, Serve serve, Answer answer) {
  const auto all = warm_round_trips + given.amount;
  std::vector<std::uint64_t> ticks(given.amount + 1);
  duel(
      given.producer_cpus, given.consumer_cpus,
      [&](start_line& line) {
        line.lead();
        for (std::uint64_t i = 0; i < warm_round_trips; ++i) serve(i);
        ticks[0] = tick_clock::now();
        for (std::uint64_t i = 0; i < given.amount; ++i) {
          serve(warm_round_trips + i);
          ticks[i + 1] = tick_clock::now();
        }
      },
      [&](start_line& line) {
        line.follow();
        for (std::uint64_t i = 0; i < all; ++i) answer(i);
      });
  return round_trips(ticks);
}

template <class Channel>
measurement ping_pong(const setup& given) {
  using message = std::array<std::byte, unit_of<Channel>>;
  Channel there(given.ring_size);
  Channel back(given.ring_size);
  const auto message_of = [](std::uint64_t i) {
    message out{};
    out[0] = static_cast<std::byte>(i);
    return out;
  };
  std::uint64_t seen_back = 0;
  std::uint64_t seen_there = 0;
  auto out = volley(
      given,
      [&](std::uint64_t i) {
        const message sent = message_of(i);
        message got{};
        there.write(sent);
        back.read(got);
        seen_back |= got == sent ? 0U : 1U;
      },
      [&](std::uint64_t i) {
        message got{};
        there.read(got);
        back.write(got);
        seen_there |= got == message_of(i) ? 0U : 1U;
      });
  refuse_corruption(seen_there | seen_back);
  return out;
}

}  // namespace annulus::bench
