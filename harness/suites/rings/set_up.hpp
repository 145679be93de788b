// Shape setup: what the memory of a ring costs before the first byte.
#pragma once

#include <annulus/core/flat_storage.hpp>

#include "suites/common/duel.hpp"
#include "suites/common/measurement.hpp"

namespace annulus::bench {

inline constexpr auto shape_setup = "setup";

inline constexpr auto setup_us = "set_up_us";
inline constexpr auto touched_us = "set_up_and_touched_us";

/// `make(bytes)` gives a storage, `given.amount` times with one byte of each of its pages written,
/// and several times as often alone, which is much quicker. Times include giving the memory back.
template <class Make>
measurement set_up(const setup& given, Make make) {
  constexpr std::size_t page = 4096;
  constexpr std::uint64_t as_often = 32;
  measurement out;
  out.amount = given.amount;
  const auto mean_us = [&](std::uint64_t rounds, auto use) {
    const auto start = clock::now();
    for (std::uint64_t i = 0; i < rounds; ++i) use(make(given.ring_size));
    const double taken = seconds_between(start, clock::now());
    out.seconds += taken;
    return taken / static_cast<double>(rounds) * 1e6;
  };
  on_cpus(given.producer_cpus, [&] {
    out.metrics[setup_us] = mean_us(as_often * given.amount, [](const auto&) {});
    out.metrics[touched_us] = mean_us(given.amount, [](const auto& memory) {
      const auto all = memory.at(0, memory.capacity()).first;
      for (std::size_t at = 0; at < all.size(); at += page) {
        // Volatile: nobody reads what is written, and the page fault is what counts.
        *static_cast<volatile std::byte*>(&all[at]) = std::byte{1};
      }
    });
  });
  return out;
}

}  // namespace annulus::bench
