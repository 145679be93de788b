// Wakers: an end that does not block is told exactly once that it can go on.
#pragma once

#include "bell.hpp"
#include "rings.hpp"

namespace annulus::model {

template <class Ring>
void armed_read(Ring& ring, received& got, std::size_t total, bell& wakes) {
  byte_list bytes(16);
  while (got.count() < total) {
    const auto step = ring.reader().try_read(bytes);
    got.take(bytes_view(bytes).first(step.bytes));
    if (step.bytes > 0) continue;
    require(step.error == errc::would_block, "nothing yet");
    if (ring.reader().arm(1, wakes)) wakes.await();
  }
}
template <class Ring>
void armed_write(Ring& ring, std::size_t total, bell& wakes) {
  for (std::size_t sent = 0; sent < total;) {
    const auto step = ring.writer().try_write(numbered(sent + 1, total - sent));
    sent += step.bytes;
    if (sent == total) return;
    require(step.error == errc::would_block, "full");
    if (ring.writer().arm(1, wakes, std::min<std::size_t>(2, ring.capacity()))) wakes.await();
  }
}

template <class Ring>
void armed_reader(std::size_t capacity, std::size_t total) {
  Ring ring(capacity);
  received got;
  bell wakes;
  thread("writer", [&] { std::ignore = ring.writer().write(numbered(1, total)); });
  thread("reader", [&] { armed_read(ring, got, total, wakes); });
  join();
}

template <class Ring>
void armed_writer(std::size_t capacity, std::size_t total) {
  Ring ring(capacity);
  received got;
  bell wakes;
  thread("writer", [&] { armed_write(ring, total, wakes); });
  thread("reader", [&] {
    while (got.count() < total) std::ignore = read_some(ring, got, 1);
  });
  join();
}

template <class Ring>
void both_armed(std::size_t capacity, std::size_t total) {
  Ring ring(capacity);
  received got;
  bell writers, readers;
  thread("writer", [&] { armed_write(ring, total, writers); });
  thread("reader", [&] { armed_read(ring, got, total, readers); });
  join();
}

/// A waker that is taken back is not notified; one that cannot be taken back is.
template <class Ring>
void disarmed(std::size_t capacity) {
  Ring ring(capacity);
  bell wakes;
  auto heard = false;
  thread("writer", [&] { std::ignore = ring.writer().try_write(numbered(1, 1)); });
  thread("reader", [&] {
    if (!ring.reader().arm(1, wakes)) return;
    if (!ring.reader().disarm(wakes)) {
      wakes.await();
      heard = true;
    }
  });
  join();
  require(wakes.silent(), "no notification after a disarm, none twice");
  if (heard) require(!ring.empty(), "it was for the byte");
}

template <class Ring>
void closed_while_armed(std::size_t capacity) {
  Ring ring(capacity);
  bell wakes;
  thread("writer", [&] { ring.writer().close(); });
  thread("reader", [&] {
    if (ring.reader().arm(1, wakes)) wakes.await();
    byte_list bytes(1);
    require(ring.reader().try_read(bytes).error == errc::end_of_stream, "the end is there");
  });
  join();
}

/// As a coroutine that a stop token cancels: the request is looked for once armed, and it is
/// wake() and arm() that make it visible.
template <class End>
void cancelled_while_armed(End& end) {
  bell wakes;
  atomic<std::uint32_t> asked(0U);
  thread("canceller", [&] {
    asked.store(1, std::memory_order_relaxed);
    end.wake();
  });
  thread("armed", [&] {
    if (!end.arm(1, wakes)) {
      require(asked.load(std::memory_order_relaxed) == 1, "only the cancel can refuse it");
      return;
    }
    if (asked.load(std::memory_order_relaxed) == 1 && end.disarm(wakes)) return;
    wakes.await();
  });
  join();
  require(wakes.silent(), "notified once at most");
}
template <class Ring>
void reader_woken_while_armed(std::size_t capacity) {
  Ring ring(capacity);
  cancelled_while_armed(ring.reader());
}
template <class Ring>
void writer_woken_while_armed(std::size_t capacity) {
  Ring ring(capacity);
  if constexpr (buffers<Ring>) {
    std::ignore = ring.writer().try_write(numbered(1, capacity));
  } else {
    std::ignore = ring.writer().try_reserve(1);
    ring.writer().commit(1);
  }
  cancelled_while_armed(ring.writer());
}

/// A wake for no reason comes and goes while the reader arms: the byte after it is heard all the
/// same.
template <class Ring>
void woken_for_nothing(std::size_t capacity) {
  Ring ring(capacity);
  received got;
  bell wakes;
  thread("bystander", [&] { ring.reader().wake(); });
  thread("writer", [&] { std::ignore = ring.writer().write(numbered(1, 1)); });
  thread("reader", [&] { armed_read(ring, got, 1, wakes); });
  join();
}

/// What is there is less than the reader finds useful, but the writer needs the room.
template <class Ring>
void told_before_a_wait() {
  Ring ring(2);
  bell wakes;
  thread("writer", [&] {
    std::ignore = ring.writer().write(numbered(1, 1));
    require(!ring.writer().reserve(2).error, "room comes");
  });
  thread("reader", [&] {
    if (ring.reader().arm(1, wakes, 2)) wakes.await();
    byte_list bytes(1);
    require(ring.reader().try_read(bytes).bytes == 1, "a byte is there");
  });
  join();
}

/// The same, but the writer arms instead of waiting; and the other way about.
template <class Ring>
void reader_told_before_an_arm() {
  Ring ring(2);
  bell writers, readers;
  thread("writer", [&] {
    std::ignore = ring.writer().write(numbered(1, 1));
    if (ring.writer().arm(2, writers)) writers.await();
    require(!ring.writer().try_reserve(2).error, "room is there");
  });
  thread("reader", [&] {
    if (ring.reader().arm(1, readers, 2)) readers.await();
    byte_list bytes(1);
    require(ring.reader().try_read(bytes).bytes == 1, "a byte is there");
  });
  join();
}
template <class Ring>
void writer_told_before_an_arm() {
  Ring ring(2);
  bell writers, readers;
  std::ignore = ring.writer().write(numbered(1, 2));
  thread("writer", [&] {
    if (ring.writer().arm(1, writers, 2)) writers.await();
    require(ring.writer().try_write(numbered(3, 1)).bytes == 1, "room is there");
  });
  thread("reader", [&] {
    byte_list bytes(1);
    require(ring.reader().try_read(bytes).bytes == 1, "a byte is there");
    if (ring.reader().arm(2, readers)) readers.await();
    require(!ring.reader().try_peek(2).error, "both bytes are there");
  });
  join();
}

/// What an end armed for comes in two steps, and it is told at the second; then it waits for less.
template <class Ring>
void writer_armed_for_more() {
  Ring ring(2);
  received got;
  bell wakes;
  thread("writer", [&] {
    std::ignore = ring.writer().write(numbered(1, 2));
    if (ring.writer().arm(2, wakes)) wakes.await();
    require(ring.writer().try_write(numbered(3, 2)).bytes == 2, "room for both");
    require(!ring.writer().write(numbered(5, 1)).error, "room for one more");
  });
  thread("reader", [&] {
    for (int i = 0; i < 3; ++i) std::ignore = read_some(ring, got, 1);
  });
  join();
  drain(ring, got);
  require(got.count() == 5, "all has come");
}
template <class Ring>
void reader_armed_for_more() {
  Ring ring(2);
  received got;
  bell wakes;
  thread("writer", [&] {
    for (const std::size_t next : {1U, 2U, 3U})
      std::ignore = ring.writer().write(numbered(next, 1));
  });
  thread("reader", [&] {
    if (ring.reader().arm(2, wakes)) wakes.await();
    require(!ring.reader().try_peek(2).error, "both bytes are there");
    std::ignore = read_some(ring, got, 2, 2);
    std::ignore = read_some(ring, got, 1);
  });
  join();
  require(got.count() == 3, "all has come");
}
/// And the other way about: first a call waits for more, then an end arms for less.
template <class Ring>
void armed_for_less() {
  Ring ring(2);
  received got;
  bell writers, readers;
  thread("writer", [&] {
    std::ignore = ring.writer().write(numbered(1, 2));
    require(!ring.writer().reserve(2).error, "room for both");
    std::ignore = ring.writer().write(numbered(3, 2));
    if (ring.writer().arm(1, writers)) writers.await();
    std::ignore = ring.writer().write(numbered(5, 1));
  });
  thread("reader", [&] {
    std::ignore = read_some(ring, got, 2, 2);
    require(!ring.reader().peek(2).error, "both bytes come");
    std::ignore = read_some(ring, got, 1);
    std::ignore = read_some(ring, got, 1);
    if (ring.reader().arm(1, readers)) readers.await();
    std::ignore = read_some(ring, got, 1);
  });
  join();
  require(got.count() == 5, "all has come");
}

/// An end that goes on wherever it is notified, as a coroutine does: the thread that arms it may
/// not touch it once another can have been told.
template <class Ring>
class travelling_reader : public waker {
 public:
  travelling_reader(Ring& ring, std::size_t total)
      : waker(&travelling_reader::notified), ring_(ring), total_(total) {}

  void go_on() {
    byte_list bytes(16);
    for (;;) {
      steps_ = steps_ + 1;  // a race, if two threads believe that the end is theirs
      const auto step = ring_.reader().try_read(bytes);
      got_.take(bytes_view(bytes).first(step.bytes));
      if (got_.count() == total_) return;
      if (step.bytes == 0 && ring_.reader().arm(1, *this)) return;
    }
  }
  [[nodiscard]] std::size_t count() const { return got_.count(); }

 private:
  static void notified(waker& self) noexcept { static_cast<travelling_reader&>(self).go_on(); }

  Ring& ring_;
  std::size_t total_;
  received got_;
  var<int> steps_ = 0;
};

template <class Ring>
void travelling(std::size_t capacity, std::size_t total) {
  Ring ring(capacity);
  travelling_reader<Ring> reader(ring, total);
  thread("writer", [&] { std::ignore = ring.writer().write(numbered(1, total)); });
  thread("reader", [&] { reader.go_on(); });
  join();
  require(reader.count() == total, "all has come");
}

inline checked_list arm_scenarios() {
  checked_list all;
  const limits quick{.preemptions = 2, .stale = 1};
  const limits deep{.preemptions = 3, .stale = 2, .spurious = 1, .runs = 3'000'000};
  for_all_rings([&]<class Ring>() {
    const auto add = [&](std::string what, std::size_t capacity, std::function<void()> body) {
      all.push_back({named<Ring>(what, capacity), std::move(body), quick, deep});
    };
    add("armed_reader", 1, [] { armed_reader<Ring>(1, 2); });
    add("disarmed", 1, [] { disarmed<Ring>(1); });
    add("reader_woken_while_armed", 1, [] { reader_woken_while_armed<Ring>(1); });
    add("writer_woken_while_armed", 1, [] { writer_woken_while_armed<Ring>(1); });
    add("woken_for_nothing", 1, [] { woken_for_nothing<Ring>(1); });
    add("closed_while_armed", 1, [] { closed_while_armed<Ring>(1); });
    if constexpr (buffers<Ring>) {
      add("armed_reader", 2, [] { armed_reader<Ring>(2, 3); });
      add("armed_writer", 1, [] { armed_writer<Ring>(1, 2); });
      add("armed_writer", 2, [] { armed_writer<Ring>(2, 4); });
      add("told_before_a_wait", 2, [] { told_before_a_wait<Ring>(); });
      add("reader_told_before_an_arm", 2, [] { reader_told_before_an_arm<Ring>(); });
      add("writer_told_before_an_arm", 2, [] { writer_told_before_an_arm<Ring>(); });
      add("writer_armed_for_more", 2, [] { writer_armed_for_more<Ring>(); });
      add("reader_armed_for_more", 2, [] { reader_armed_for_more<Ring>(); });
      add("armed_for_less", 2, [] { armed_for_less<Ring>(); });
      add("travelling", 1, [] { travelling<Ring>(1, 3); });
      add("travelling", 2, [] { travelling<Ring>(2, 4); });
      add("both_armed", 1, [] { both_armed<Ring>(1, 2); });
      add("both_armed", 3, [] { both_armed<Ring>(3, 5); });
    }
  });
  return all;
}

}  // namespace annulus::model
