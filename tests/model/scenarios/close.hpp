// Clean ends: nothing that was accepted is lost, and nobody sleeps through a close.
#pragma once

#include "rings.hpp"

namespace annulus::model {

template <class Ring>
void writer_closes(std::size_t capacity, std::size_t total, std::size_t min) {
  Ring ring(capacity);
  received got;
  thread("writer", [&] {
    const auto step = ring.writer().write(numbered(1, total));
    require(!step.error && step.bytes == total, "the write is accepted");
    ring.writer().close();
  });
  thread("reader", [&] {
    for (;;) {
      const auto step = read_some(ring, got, min, min);
      if (!step.error) continue;
      require(step.error == errc::end_of_stream, "the stream ends cleanly");
      return;
    }
  });
  join();
  require(got.count() == total, "everything before the close is read");
}

/// The writer wants more room than there will ever be. What the reader did before its close is
/// visible to it then.
template <class Ring>
void reader_closes(std::size_t capacity) {
  Ring ring(capacity);
  received got;
  transfer sent;
  var<int> note = 0;
  thread("writer", [&] {
    sent = ring.writer().write(numbered(1, capacity + 2));
    require(note == 1, "the note is there");
  });
  thread("reader", [&] {
    std::ignore = read_some(ring, got, 1);
    note = 1;
    ring.reader().close();
  });
  join();
  require(sent.error == errc::closed, "the writer is told of the close");
  require(sent.bytes >= got.count(), "no byte from nowhere");
}

template <class Ring>
void reader_closes_on_a_drain(std::size_t capacity) {
  Ring ring(capacity);
  thread("writer", [&] {
    const auto sent = ring.writer().write(numbered(1, 1));
    const auto drained = ring.writer().drain();
    require(sent.error == errc::closed || drained == errc::closed, "the writer is told");
  });
  thread("reader", [&] { ring.reader().close(); });
  join();
}

template <class Ring>
void peek_meets_the_end(std::size_t capacity) {
  Ring ring(capacity);
  thread("writer", [&] {
    std::ignore = ring.writer().write(numbered(1, 1));
    ring.writer().close();
  });
  thread("reader", [&] {
    const auto shown = ring.reader().peek(2);
    require(shown.error == errc::end_of_stream, "the end is shown");
    require(shown.data.size() == 1, "with what is left");
    require(!ring.reader().consume(1), "which can be consumed");
  });
  join();
}

template <class Ring>
void both_close(std::size_t capacity) {
  Ring ring(capacity);
  thread("writer", [&] {
    std::ignore = ring.writer().write(numbered(1, 1));
    ring.writer().close();
  });
  thread("reader", [&] {
    received got;
    std::ignore = read_some(ring, got, 1);
    ring.reader().close();
  });
  join();
  require(ring.writer().try_write(numbered(1, 1)).error == errc::closed, "closed for the writer");
}

inline checked_list close_scenarios() {
  checked_list all;
  const limits quick{.preemptions = 2, .stale = 1};
  const limits deep{.preemptions = 4, .stale = 2, .spurious = 1, .runs = 3'000'000};
  for_all_rings([&]<class Ring>() {
    const auto add = [&](const char* what, std::size_t capacity, std::function<void()> body) {
      all.push_back({named<Ring>(what, capacity), std::move(body), quick, deep});
    };
    for (const std::size_t capacity : {1U, 2U, 4U}) {
      add("writer_closes", capacity, [=] { writer_closes<Ring>(capacity, capacity + 1, 1); });
    }
    add("writer_closes_on_a_forced_fill", 2, [] { writer_closes<Ring>(2, 3, 2); });
    add("reader_closes", 1, [] { reader_closes<Ring>(1); });
    add("reader_closes", 2, [] { reader_closes<Ring>(2); });
    add("reader_closes_on_a_drain", 2, [] { reader_closes_on_a_drain<Ring>(2); });
    add("both_close", 1, [] { both_close<Ring>(1); });
    if constexpr (buffers<Ring>) {
      add("peek_meets_the_end", 2, [] { peek_meets_the_end<Ring>(2); });
    }
  });
  return all;
}

}  // namespace annulus::model
