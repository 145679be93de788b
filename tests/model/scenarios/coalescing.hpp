// Coalesced wakes: a writer waits for half a ring though less would do, and nothing is stranded.
#pragma once

#include "rings.hpp"

namespace annulus::model {

/// The reader takes single bytes, then wants more at once than the writer has put there: the room
/// that it freed is less than the writer was promised, so it must wake it before it sleeps.
template <class Ring>
void trickle(std::size_t capacity, std::size_t singles, std::size_t at_once) {
  Ring ring(capacity);
  const auto total = capacity + singles + at_once;
  received got;
  thread("writer", [&] {
    const auto sent = ring.writer().write(numbered(1, total));
    require(!sent.error && sent.bytes == total, "all is accepted");
  });
  thread("reader", [&] {
    for (std::size_t i = 0; i < singles; ++i) std::ignore = read_some(ring, got, 1);
    while (got.count() < total) {
      const auto least = std::min(at_once, total - got.count());
      std::ignore = read_some(ring, got, least, least);
    }
  });
  join();
}

/// The same with a peek, which consumes nothing while it waits: only a nudge can help.
template <class Ring>
void trickle_in_place(std::size_t capacity) {
  Ring ring(capacity);
  received got;
  thread("writer", [&] {
    require(!ring.writer().write(numbered(1, capacity + 2)).error, "all is accepted");
  });
  thread("reader", [&] {
    std::ignore = read_some(ring, got, 1);
    require(!ring.reader().peek(capacity).error, "the writer fills the room");
    drain(ring, got);
    while (got.count() < capacity + 2) std::ignore = read_some(ring, got, 1);
  });
  join();
}

/// The reader frees less than is useful and stops; the writer gives up at its deadline.
template <class Ring>
void room_below_useful(std::size_t capacity) {
  Ring ring(capacity);
  received got;
  transfer sent;
  const auto soon = deadline(3);
  // What the reader takes, though the deadline may pass before the writer begins.
  require(!ring.writer().write(numbered(1, 1)).error, "room for the first");
  thread("writer", [&] { sent = ring.writer().write(numbered(2, 2 * capacity), soon); });
  thread("reader", [&] { std::ignore = read_some(ring, got, 1); });
  join();
  require(sent.error == errc::timed_out, "the room for the rest never comes");
  drain(ring, got);
  require(got.count() == 1 + sent.bytes, "exactly what was counted arrives");
}

/// Both ends wait for as much as the contract lets them.
template <class Ring>
void wide_waits(std::size_t capacity, std::size_t room) {
  using platform = asymmetric_platform;
  Ring ring(capacity);
  const auto wanted = capacity + 1 - room;  // by the reader
  const auto total = 2 * capacity;
  received got;
  thread("writer", [&] {
    for (std::size_t sent = 0; sent < total;) {
      const auto space = ring.writer().reserve(room);
      require(!space.error, "space comes");
      const auto n = std::min(space.memory.size(), total - sent);
      copy_bytes<platform>(numbered(sent + 1, n), space.memory);
      ring.writer().commit(n);
      sent += n;
    }
  });
  thread("reader", [&] {
    while (got.count() < total) {
      const auto least = std::min(wanted, total - got.count());
      std::ignore = read_some(ring, got, least, least);
    }
  });
  join();
}

inline checked_list coalescing_scenarios() {
  checked_list all;
  const limits quick{.preemptions = 2, .stale = 1};
  const limits deep{.preemptions = 3, .stale = 2, .spurious = 1, .runs = 3'000'000};
  for_all_rings([&]<class Ring>() {
    const auto add = [&](std::string what, std::size_t capacity, std::function<void()> body) {
      all.push_back({named<Ring>(what, capacity), std::move(body), quick, deep});
    };
    if constexpr (buffers<Ring>) {
      add("trickle", 2, [] { trickle<Ring>(2, 1, 2); });
      add("trickle", 3, [] { trickle<Ring>(3, 1, 3); });
      add("trickle", 4, [] { trickle<Ring>(4, 1, 4); });
      add("trickle_2", 4, [] { trickle<Ring>(4, 2, 4); });
      add("trickle_in_place", 3, [] { trickle_in_place<Ring>(3); });
      add("trickle_in_place", 4, [] { trickle_in_place<Ring>(4); });
      add("room_below_useful", 4, [] { room_below_useful<Ring>(4); });
      add("wide_waits_2", 3, [] { wide_waits<Ring>(3, 2); });
    }
  });
  return all;
}

}  // namespace annulus::model
