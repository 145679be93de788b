// Shape setup: what the memory of a ring costs before the first byte.
#pragma once

#include <annulus/storage.hpp>

#include "duel.hpp"
#include "measurement.hpp"

namespace annulus::bench {

struct shape_setup {
  static constexpr auto name = "setup";
};

/// `make(bytes)` gives a storage, again and again for the seconds given: alone, and with one byte
/// of each of its pages written. Times include giving the memory back.
template <class Make>
measurement set_up(const setup& given, Make make) {
  constexpr std::size_t page = 4096;
  const auto mean_us = [&](auto use) {
    harness::pin_thread(std::array{given.cpus.producer});
    std::uint64_t rounds = 0;
    double taken = 0;
    for (const auto start = clock::now(); taken < given.seconds / 2; ++rounds) {
      const auto memory = make(given.ring_size);
      use(memory);
      taken = seconds_between(start, clock::now());
    }
    return taken / static_cast<double>(rounds) * 1e6;
  };
  measurement out{given.seconds, 0, {}};
  std::async(std::launch::async, [&] {
    out.metrics[setup_us] = mean_us([](const auto&) {});
    out.metrics[touched_us] = mean_us([](const auto& memory) {
      const auto all = memory.at(0, memory.capacity()).first;
      for (std::size_t at = 0; at < all.size(); at += page) {
        // Volatile: nobody reads what is written, and the page fault is what counts.
        *static_cast<volatile std::byte*>(&all[at]) = std::byte{1};
      }
    });
  }).get();
  return out;
}

}  // namespace annulus::bench
