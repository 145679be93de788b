// The index protocol: calls that never wait, so that nothing but the two indices orders the bytes.
#pragma once

#include "rings.hpp"

namespace annulus::model {

/// Two threads try; whatever was accepted comes out, once and in order.
template <class Ring>
void try_calls(std::size_t capacity, std::size_t attempts) {
  Ring ring(capacity);
  std::size_t sent = 0;
  received got;
  thread("writer", [&] {
    for (std::size_t i = 0; i < attempts; ++i) {
      const auto bytes = numbered(sent + 1, 1 + i % 2);
      sent += ring.writer().try_write(bytes).bytes;
    }
  });
  thread("reader", [&] {
    for (std::size_t i = 0; i < attempts; ++i) {
      byte_list bytes(2 - i % 2);
      const auto step = ring.reader().try_read(bytes);
      got.take(bytes_view(bytes).first(step.bytes));
    }
  });
  join();
  if (buffers<Ring>) require(ring.size() == sent - got.count(), "size() is what is unread");
  drain(ring, got);
  require(got.count() == sent, "all that was accepted is received");
}

/// The same in place, by more bytes than fit.
template <class Ring>
void in_place(std::size_t capacity, std::size_t attempts) {
  using platform = asymmetric_platform;
  Ring ring(capacity);
  std::size_t sent = 0;
  received got;
  thread("writer", [&] {
    for (std::size_t i = 0; i < attempts; ++i) {
      const auto space = ring.writer().try_reserve(1);
      if (space.error) continue;
      auto bytes = numbered(sent + 1, std::min<std::size_t>(space.memory.size(), 1 + i % 2));
      copy_bytes<platform>(bytes, space.memory);
      if (!ring.writer().commit(bytes.size())) sent += bytes.size();
    }
  });
  thread("reader", [&] {
    for (std::size_t i = 0; i < attempts; ++i) {
      const auto shown = ring.reader().try_peek(1);
      if (shown.error) continue;
      byte_list bytes(std::min<std::size_t>(shown.data.size(), 2 - i % 2));
      copy_bytes<platform>(shown.data.prefix(bytes.size()), bytes);
      require(!ring.reader().consume(bytes.size()), "what was peeked can be consumed");
      got.take(bytes);
    }
  });
  join();
  drain(ring, got);
  require(got.count() == sent, "all that was committed is received");
}

/// A peek and a try_read show all that was written before them, also what came after an earlier
/// look.
template <class Ring>
void shows_all(std::size_t capacity) {
  Ring ring(capacity);
  received got;
  model::atomic<std::uint32_t> written(0U);
  thread("writer", [&] {
    for (std::uint32_t i = 1; i <= 3; ++i) {
      std::ignore = ring.writer().write(numbered(i, 1));
      // Release and acquire: the only order there is but for the ring's own.
      written.store(i, std::memory_order_release);
    }
  });
  thread("reader", [&] {
    byte_list one(1), many(4);
    for (int i = 0; i < 2; ++i) {
      const auto before = written.load(std::memory_order_acquire);
      require(got.count() + ring.reader().try_peek(0).data.size() >= before, "all is shown");
      got.take(bytes_view(one).first(ring.reader().try_read(one).bytes));
    }
    const auto before = written.load(std::memory_order_acquire);
    got.take(bytes_view(many).first(ring.reader().try_read(many).bytes));
    require(got.count() >= before, "all that was there is taken");
  });
  join();
  drain(ring, got);
  require(got.count() == 3, "what was written is received");
}

/// A third thread watches: never more than fits, or than was written at all.
template <class Ring>
void observed(std::size_t capacity, std::size_t each) {
  Ring ring(capacity);
  std::size_t sent = 0;
  received got;
  thread("writer", [&] {
    for (int i = 0; i < 2; ++i) sent += ring.writer().try_write(numbered(sent + 1, each)).bytes;
  });
  thread("reader", [&] {
    for (int i = 0; i < 2; ++i) {
      byte_list bytes(each);
      const auto step = ring.reader().try_read(bytes);
      got.take(bytes_view(bytes).first(step.bytes));
    }
  });
  thread("observer", [&] {
    const auto seen = ring.size();
    require(seen <= std::min(capacity, 2 * each), "size() is at most what was written and fits");
  });
  join();
  drain(ring, got);
  require(got.count() == sent, "all that was accepted is received");
}

/// A reservation and a peek end with the next call on their end, also if that call has nothing to
/// look at.
template <class Ring>
void ended_by_the_next_call(std::size_t capacity) {
  Ring ring(capacity);
  received got;
  byte_list bytes(1);
  for (const std::size_t next : {1U, 2U, 3U, 4U})
    std::ignore = ring.writer().write(numbered(next, 1));
  std::ignore = ring.writer().try_reserve(2);
  std::ignore = ring.writer().write(numbered(5, 1));
  require(ring.writer().commit(1) == errc::commit_overrun, "nothing is reserved any more");
  for (int i = 0; i < 3; ++i) {
    std::ignore = ring.reader().try_peek(1);
    require(ring.reader().read(bytes).bytes == 1, "something to read");
    got.take(bytes);
  }
  require(ring.reader().consume(1) == errc::consume_overrun, "nothing is peeked any more");
  drain(ring, got);
  require(got.count() == 5, "what was written is received");
}

inline checked_list index_scenarios() {
  checked_list all;
  for_all_rings([&]<class Ring>() {
    for (const std::size_t capacity : {1U, 2U, 3U, 4U}) {
      all.push_back({named<Ring>("try_calls", capacity),
                     [=] { try_calls<Ring>(capacity, capacity + 1); },
                     {.preemptions = 2, .stale = 1},
                     {.preemptions = 4, .stale = 2, .runs = 3'000'000}});
      if constexpr (buffers<Ring>) {
        all.push_back({named<Ring>("in_place", capacity),
                       [=] { in_place<Ring>(capacity, capacity + 1); },
                       {.preemptions = 2, .stale = 1},
                       {.preemptions = 4, .stale = 2, .runs = 3'000'000}});
      }
    }
    if constexpr (buffers<Ring>) {
      all.push_back({named<Ring>("shows_all", 4),
                     [] { shows_all<Ring>(4); },
                     {.preemptions = 2, .stale = 1},
                     {.preemptions = 3, .stale = 2, .runs = 3'000'000}});
      all.push_back({named<Ring>("ended_by_the_next_call", 16),
                     [] { ended_by_the_next_call<Ring>(16); },
                     {},
                     {}});
      for (const std::size_t capacity : {2U, 4U}) {
        all.push_back({named<Ring>("observed", capacity),
                       [=] { observed<Ring>(capacity, capacity == 2 ? 2 : 1); },
                       {.preemptions = 1, .stale = 1},
                       {.preemptions = 3, .stale = 2, .runs = 3'000'000}});
      }
    }
  });
  return all;
}

}  // namespace annulus::model
