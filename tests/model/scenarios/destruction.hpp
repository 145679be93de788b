// Destruction while an end waits: it gets errc::destroyed, and touches nothing any more.
#pragma once

#include <optional>

#include "rings.hpp"

namespace annulus::model {

/// All that fits has been taken of a read that wants more: so the reader is in its call, and stays.
template <class Ring>
void reader_waits(std::size_t capacity) {
  std::optional<Ring> ring(std::in_place, capacity);
  received got;
  thread("owner", [&] {
    std::ignore = ring->writer().write(numbered(1, capacity));
    ring->writer().drain();
    ring.reset();
  });
  thread("reader", [&] {
    const auto step = read_some(*ring, got, capacity + 1, capacity + 1);
    require(step.error == errc::destroyed, "the reader is told");
    require(step.bytes == capacity, "and keeps what it got");
  });
  join();
}

/// The reader has got the writer's first byte of more than fit.
template <class Ring>
void writer_waits(std::size_t capacity) {
  std::optional<Ring> ring(std::in_place, capacity);
  received got;
  thread("writer", [&] {
    const auto step = ring->writer().write(numbered(1, capacity + 2));
    require(step.error == errc::destroyed, "the writer is told");
  });
  thread("owner", [&] {
    std::ignore = read_some(*ring, got, 1);
    ring.reset();
  });
  join();
}

inline checked_list destruction_scenarios() {
  checked_list all;
  const limits quick{.preemptions = 2, .stale = 1};
  const limits deep{.preemptions = 3, .stale = 2, .spurious = 1, .runs = 3'000'000};
  for_all_rings([&]<class Ring>() {
    all.push_back({named<Ring>("reader_waits", 2), [] { reader_waits<Ring>(2); }, quick, deep});
    all.push_back({named<Ring>("writer_waits", 1), [] { writer_waits<Ring>(1); }, quick, deep});
  });
  return all;
}

}  // namespace annulus::model
