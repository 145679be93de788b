// Park and wake: calls that wait always end, and lose nothing.
#pragma once

#include "bell.hpp"
#include "rings.hpp"

namespace annulus::model {

/// `total` bytes in writes of `chunk` through a ring that holds fewer; reads wait for `min`.
template <class Ring>
void stream(std::size_t capacity, std::size_t total, std::size_t chunk, std::size_t most,
            std::size_t min) {
  Ring ring(capacity);
  received got;
  thread("writer", [&] {
    for (std::size_t sent = 0; sent < total; sent += chunk) {
      const auto bytes = numbered(sent + 1, std::min(chunk, total - sent));
      const auto step = ring.writer().write(bytes);
      require(!step.error && step.bytes == bytes.size(), "the write is accepted");
    }
  });
  thread("reader", [&] {
    while (got.count() < total) {
      const auto least = std::min(min, total - got.count());
      const auto step = read_some(ring, got, std::max(most, least), least);
      require(!step.error && step.bytes >= least, "the read gets its minimum");
    }
  });
  join();
}

/// The same in place.
template <class Ring>
void stream_in_place(std::size_t capacity, std::size_t total) {
  using platform = asymmetric_platform;
  Ring ring(capacity);
  received got;
  thread("writer", [&] {
    for (std::size_t sent = 0; sent < total; ++sent) {
      const auto space = ring.writer().reserve(1);
      require(!space.error, "space comes");
      copy_bytes<platform>(numbered(sent + 1, 1), space.memory);
      require(!ring.writer().commit(1), "what is reserved can be committed");
    }
  });
  thread("reader", [&] {
    while (got.count() < total) {
      const auto shown = ring.reader().peek(1);
      require(!shown.error, "bytes come");
      byte_list bytes(1);
      copy_bytes<platform>(shown.data.prefix(1), bytes);
      require(!ring.reader().consume(1), "what is peeked can be consumed");
      got.take(bytes);
    }
  });
  join();
}

/// drain() returns once all is consumed, not before.
template <class Ring>
void drained(std::size_t capacity) {
  Ring ring(capacity);
  received got;
  atomic<std::uint32_t> done(0U);
  thread("writer", [&] {
    std::ignore = ring.writer().write(numbered(1, 2));
    require(!ring.writer().drain(), "the drain succeeds");
    require(ring.empty(), "nothing is left after a drain");
  });
  thread("reader", [&] {
    std::ignore = read_some(ring, got, 1);
    std::ignore = read_some(ring, got, 1);
  });
  join();
  require(got.count() == 2, "both bytes");
}

/// What a peek shows is not consumed yet.
template <class Ring>
void drain_meets_a_peek() {
  Ring ring(2);
  auto consumed = false;
  thread("writer", [&] {
    std::ignore = ring.writer().write(numbered(1, 1));
    require(!ring.writer().drain(), "drained");
    require(consumed, "all is consumed by then");
  });
  thread("reader", [&] {
    require(!ring.reader().peek(1).error, "the byte comes");
    consumed = true;
    ring.reader().consume(1);
  });
  join();
}

/// A writer that overwrites the oldest waits only while bytes are shown; any next call of the
/// reader ends that.
template <class End>
void overwriting(End end_peek) {
  locked_ring<flat_store, symmetric_platform> ring(2, overflow::overwrite_oldest);
  std::ignore = ring.writer().write(numbered(1, 2));
  thread("writer",
         [&] { require(!ring.writer().write(numbered(3, 1)).error, "the oldest byte goes"); });
  thread("reader", [&] {
    const auto seen = ring.reader().try_peek(1).data.first;
    const auto first = seen[0];
    require(first == std::byte{1} || first == std::byte{2}, "a byte of the stream");
    require(seen[0] == first, "which stays while it is shown");
    end_peek(ring.reader());
  });
  join();
  byte_list left(2);
  require(ring.reader().try_read(left).bytes == 2, "as much as fits is left");
  require(left.begin()[0] == std::byte{2} && left.begin()[1] == std::byte{3}, "the newest");
}

/// The same, shown too little by a peek that goes on to wait for the writer.
inline void overwriting_a_waiting_peek() {
  locked_ring<flat_store, symmetric_platform> ring(2, overflow::overwrite_oldest);
  std::ignore = ring.writer().write(numbered(1, 1));
  thread("writer",
         [&] { require(!ring.writer().write(numbered(2, 2)).error, "the oldest byte goes"); });
  thread("reader", [&] { require(!ring.reader().peek(2).error, "two bytes come"); });
  join();
}

inline checked_list wake_scenarios() {
  checked_list all;
  const limits quick{.preemptions = 2, .stale = 1};
  const limits deep{.preemptions = 3, .stale = 2, .spurious = 1, .runs = 3'000'000};
  for_all_rings([&]<class Ring>() {
    for (const std::size_t capacity : {1U, 2U, 3U, 4U}) {
      all.push_back({named<Ring>("bytes", capacity),
                     [=] { stream<Ring>(capacity, capacity + 1, 1, 1, 1); }, quick, deep});
      all.push_back({named<Ring>("one_write", capacity),
                     [=] { stream<Ring>(capacity, 2 * capacity, 2 * capacity, 4, 1); }, quick,
                     deep});
      all.push_back({named<Ring>("forced_fill", capacity),
                     [=] { stream<Ring>(capacity, capacity + 2, 1, 2, 2); }, quick, deep});
    }
    all.push_back({named<Ring>("spurious_wakes", 1),
                   [] { stream<Ring>(1, 2, 1, 1, 1); },
                   {.preemptions = 1, .stale = 1, .spurious = 1},
                   deep});
    all.push_back({named<Ring>("drain", 2), [] { drained<Ring>(2); }, quick, deep});
    all.push_back(
        {named<Ring>("drain_meets_a_peek", 2), [] { drain_meets_a_peek<Ring>(); }, quick, deep});
    if constexpr (buffers<Ring>) {
      all.push_back({named<Ring>("in_place", 2), [] { stream_in_place<Ring>(2, 3); }, quick, deep});
    }
  });
  for_ring<locked_flat, 6>([&]<class Ring>() {
    const auto add = [&](const char* end, auto end_peek) {
      all.push_back({named<Ring>("overwriting_until_" + std::string(end), 2),
                     [=] { overwriting(end_peek); }, quick, deep});
    };
    add("consume", [](auto& reader) { reader.consume(0); });
    add("read", [](auto& reader) { std::ignore = reader.try_read({}); });
    add("refused_peek", [](auto& reader) { std::ignore = reader.try_peek(3); });
    add("arm", [](auto& reader) {
      bell wakes;
      require(!reader.arm(1, wakes), "there is a byte");
    });
    all.push_back(
        {named<Ring>("overwriting_a_waiting_peek", 2), overwriting_a_waiting_peek, quick, deep});
  });
  return all;
}

}  // namespace annulus::model
