// Errors: the first one wins, both ends see it, and it wakes whoever sleeps.
#pragma once

#include "rings.hpp"

namespace annulus::model {

inline const std::error_code broken_disk = std::make_error_code(std::errc::io_error);
inline const std::error_code no_quorum = std::make_error_code(std::errc::host_unreachable);

template <class Ring>
void writer_fails(std::size_t capacity) {
  Ring ring(capacity);
  received got;
  thread("writer", [&] {
    std::ignore = ring.writer().try_write(numbered(1, 1));
    ring.writer().close(broken_disk);
  });
  thread("reader", [&] {
    const auto step = read_some(ring, got, 2, 2);
    require(step.error == broken_disk, "the reader is told why");
  });
  join();
  require(ring.writer().try_write(numbered(1, 1)).error == broken_disk, "so is the writer");
}

template <class Ring>
void reader_fails(std::size_t capacity) {
  Ring ring(capacity);
  transfer sent;
  thread("writer", [&] { sent = ring.writer().write(numbered(1, capacity + 1)); });
  thread("reader", [&] { ring.reader().close(broken_disk); });
  join();
  require(sent.error == broken_disk, "the writer is told why");
}

/// Both ends fail at once. Who comes second may not be refused yet, but never sees its own error.
template <class Ring>
void both_fail(std::size_t capacity) {
  Ring ring(capacity);
  std::error_code writers, readers;
  thread("writer", [&] {
    ring.writer().close(broken_disk);
    writers = ring.writer().write(numbered(1, 1)).error;
  });
  thread("reader", [&] {
    ring.reader().close(no_quorum);
    received got;
    readers = read_some(ring, got, 1).error;
  });
  join();
  const auto first = ring.writer().drain();
  require(first == broken_disk || first == no_quorum, "one error is kept");
  for (const auto seen : {writers, readers}) {
    require(!seen || seen == first, "each end sees that one");
  }
  require(ring.reader().try_peek(1).error == first, "both do in the end");
}

/// Neither end, but a third thread.
template <class Ring>
void outsider_fails(std::size_t capacity) {
  Ring ring(capacity);
  transfer sent;
  thread("writer", [&] { sent = ring.writer().write(numbered(1, capacity + 2)); });
  thread("reader", [&] {
    received got;
    require(read_some(ring, got, capacity + 3, capacity + 3).error == broken_disk,
            "the reader is told");
  });
  thread("outsider", [&] { ring.fail(broken_disk); });
  join();
  require(!sent.error || sent.error == broken_disk, "so is the writer, if it still writes");
  require(ring.writer().drain() == broken_disk, "and it stays");
}

/// A third thread and an end fail at once, while the other end waits.
template <class Ring>
void outsider_and_reader_fail(std::size_t capacity) {
  Ring ring(capacity);
  transfer sent;
  thread("writer", [&] { sent = ring.writer().write(numbered(1, capacity + 1)); });
  thread("reader", [&] { ring.reader().close(no_quorum); });
  thread("outsider", [&] { ring.fail(broken_disk); });
  join();
  require(sent.error == broken_disk || sent.error == no_quorum, "the writer is told");
  require(ring.reader().try_peek(1).error == sent.error, "and both of the same");
}

/// One end waits while the other closes cleanly and then fails.
template <class Ring>
void writer_fails_after_a_close(std::size_t capacity) {
  Ring ring(capacity);
  received got;
  thread("writer", [&] {
    ring.writer().close();
    ring.writer().close(broken_disk);  // changes nothing
  });
  thread("reader", [&] {
    require(read_some(ring, got, 1).error == errc::end_of_stream, "the first close counts");
  });
  join();
}

template <class Ring>
void reader_fails_after_a_close(std::size_t capacity) {
  Ring ring(capacity);
  transfer sent;
  thread("writer", [&] { sent = ring.writer().write(numbered(1, capacity + 1)); });
  thread("reader", [&] {
    ring.reader().close();
    ring.reader().close(broken_disk);  // changes nothing
  });
  join();
  require(sent.error == errc::closed, "the first close counts");
}

inline checked_list error_scenarios() {
  checked_list all;
  const limits few{.preemptions = 1, .stale = 1};
  const limits quick{.preemptions = 2, .stale = 2, .runs = 3'000'000};
  const limits deep{.preemptions = 4, .stale = 3, .spurious = 1, .runs = 3'000'000};
  for_all_rings([&]<class Ring>() {
    const auto add = [&](const char* what, std::size_t capacity, std::function<void()> body) {
      all.push_back({named<Ring>(what, capacity), std::move(body), quick, deep});
    };
    for (const std::size_t capacity : {1U, 2U}) {
      add("reader_fails", capacity, [=] { reader_fails<Ring>(capacity); });
    }
    add("writer_fails", 2, [] { writer_fails<Ring>(2); });
    // Three threads, of which two wait.
    all.push_back({named<Ring>("outsider_fails", 1), [] { outsider_fails<Ring>(1); }, few, quick});
    all.push_back({named<Ring>("outsider_and_reader_fail", 1),
                   [] { outsider_and_reader_fail<Ring>(1); }, few, quick});
    add("both_fail", 2, [] { both_fail<Ring>(2); });
    add("writer_fails_after_a_close", 1, [] { writer_fails_after_a_close<Ring>(1); });
    add("reader_fails_after_a_close", 1, [] { reader_fails_after_a_close<Ring>(1); });
  });
  return all;
}

}  // namespace annulus::model
