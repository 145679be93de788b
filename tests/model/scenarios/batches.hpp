// Batches: a corked writer publishes at a flush, and a sleeper waits for half a ring; in both cases
// nothing is stranded when the other end goes on with something else.
#pragma once

#include "rings.hpp"

namespace annulus::model {

/// A corked writer that flushes after so many bytes, or never, and then ends without a close.
template <class Ring>
void corked(std::size_t capacity, std::size_t total, std::size_t flush_after, std::size_t at_once) {
  Ring ring(capacity);
  received got;
  thread("writer", [&] {
    ring.writer().cork();
    for (std::size_t i = 0; i < total; ++i) {
      require(!ring.writer().write(numbered(i + 1, 1)).error, "the byte is accepted");
      if (i + 1 == flush_after) ring.writer().flush();
    }
  });
  thread("reader", [&] {
    while (got.count() < total) {
      const auto least = std::min(at_once, total - got.count());
      (void)read_some(ring, got, least, least);
    }
  });
  join();
  require(ring.size() == 0, "as many were written as were read");
}

/// A close publishes what was held back, and then the stream ends.
template <class Ring>
void corked_and_closed(std::size_t capacity) {
  Ring ring(capacity);
  received got;
  thread("writer", [&] {
    ring.writer().cork();
    require(!ring.writer().write(numbered(1, 2)).error, "all is accepted");
    ring.writer().close();
  });
  thread("reader", [&] {
    while (!read_some(ring, got, 1).error) {
    }
  });
  join();
  require(got.count() == 2, "what was written before the close arrives");
}

/// As soon as it is uncorked a writer publishes what it held back, and each write by itself again.
template <class Ring>
void uncorked(std::size_t capacity) {
  Ring ring(capacity);
  received got;
  thread("writer", [&] {
    ring.writer().cork();
    require(!ring.writer().write(numbered(1, 1)).error, "the byte is accepted");
    ring.writer().uncork();
    require(!ring.writer().write(numbered(2, 1)).error, "so is this");
  });
  thread("reader", [&] {
    while (got.count() < 2) (void)read_some(ring, got, 1);
  });
  join();
}

/// A writer that waits until all is consumed, or for a byte of room, gives what it held back away.
template <class Ring>
void corked_writer_waits(std::size_t capacity) {
  Ring ring(capacity);
  received got;
  thread("writer", [&] {
    ring.writer().cork();
    require(!ring.writer().write(numbered(1, capacity + 1)).error, "all is accepted");
    require(!ring.writer().drain(), "all is consumed");
  });
  thread("reader", [&] {
    while (got.count() < capacity + 1) (void)read_some(ring, got, 1);
  });
  join();
}

/// Less than half a ring is written, and then nothing: whoever was patient looks by itself.
template <class Ring>
void patient_reader(std::size_t capacity, std::size_t total) {
  Ring ring(capacity);
  ring.moderate_wakes(std::chrono::nanoseconds(2));
  received got;
  thread("writer", [&] {
    for (std::size_t i = 0; i < total; ++i)
      require(!ring.writer().write(numbered(i + 1, 1)).error, "the byte is accepted");
  });
  thread("reader", [&] {
    while (got.count() < total) (void)read_some(ring, got, 1);
  });
  join();
}

/// The same for the room that a writer waits for.
template <class Ring>
void patient_writer(std::size_t capacity) {
  Ring ring(capacity);
  ring.moderate_wakes(std::chrono::nanoseconds(2));
  received got;
  thread("writer", [&] {
    require(!ring.writer().write(numbered(1, capacity + 1)).error, "all is accepted");
  });
  thread("reader", [&] { (void)read_some(ring, got, 1); });
  join();
  require(got.count() + ring.size() == capacity + 1, "the last byte took the first one's place");
}

/// A close or an error ends patience.
template <class Ring>
void patience_ends(std::size_t capacity, std::error_code error) {
  Ring ring(capacity);
  ring.moderate_wakes(std::chrono::hours(1));
  std::error_code seen;
  thread("writer", [&] { ring.writer().close(error); });
  thread("reader", [&] {
    byte_list to(1);
    seen = ring.reader().read(to, 1).error;
  });
  join();
  require(seen == (error ? error : make_error_code(errc::end_of_stream)),
          "what ended the stream is told");
}

inline checked_list batches_scenarios() {
  checked_list all;
  const limits quick{.preemptions = 2, .stale = 1};
  const limits deep{.preemptions = 3, .stale = 2, .spurious = 1, .runs = 3'000'000};
  for_lock_free_rings([&]<class Ring>() {
    const auto add = [&](std::string what, std::size_t capacity, std::function<void()> body) {
      all.push_back({named<Ring>(what, capacity), std::move(body), quick, deep});
    };
    add("corked_without_a_flush", 2, [] { corked<Ring>(2, 2, 0, 1); });
    add("corked_with_a_flush", 3, [] { corked<Ring>(3, 3, 2, 1); });
    add("corked_for_more_than_the_ring", 2, [] { corked<Ring>(2, 3, 0, 1); });
    add("corked_for_two_at_once", 3, [] { corked<Ring>(3, 2, 0, 2); });
    add("corked_and_closed", 2, [] { corked_and_closed<Ring>(2); });
    add("uncorked", 2, [] { uncorked<Ring>(2); });
    add("corked_writer_waits", 1, [] { corked_writer_waits<Ring>(1); });
    add("patient_reader", 4, [] { patient_reader<Ring>(4, 1); });
    add("patient_reader_of_two", 6, [] { patient_reader<Ring>(6, 2); });
    add("patient_writer", 4, [] { patient_writer<Ring>(4); });
    add("patience_ends_with_the_stream", 4, [] { patience_ends<Ring>(4, {}); });
    add("patience_ends_with_an_error", 4,
        [] { patience_ends<Ring>(4, std::make_error_code(std::errc::io_error)); });
  });
  return all;
}

}  // namespace annulus::model
