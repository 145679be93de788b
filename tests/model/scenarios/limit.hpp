// Cancels and deadlines: a call that gives up has moved exactly what it says.
#pragma once

#include <stop_token>

#include "rings.hpp"

namespace annulus::model {

template <class Ring>
void cancelled_with_nothing_to_read(std::size_t capacity) {
  Ring ring(capacity);
  std::stop_source stop;
  received got;
  thread("reader", [&] {
    require(read_some(ring, got, 1, 1, stop.get_token()).error == errc::cancelled, "cancelled");
  });
  thread("stopper", [&] { stop.request_stop(); });
  join();
}

template <class Ring>
void cancelled_read(std::size_t capacity) {
  Ring ring(capacity);
  std::stop_source stop;
  received got;
  transfer sent;
  thread("writer", [&] { sent = ring.writer().try_write(numbered(1, 1)); });
  thread("reader", [&] {
    const auto step = read_some(ring, got, 1, 1, stop.get_token());
    require(step.bytes == 1 || step.error == errc::cancelled, "a byte, or a cancel");
  });
  thread("stopper", [&] { stop.request_stop(); });
  join();
  drain(ring, got);
  require(got.count() == sent.bytes, "nothing is lost or doubled by a cancel");
}

template <class Ring>
void cancelled_write(std::size_t capacity) {
  Ring ring(capacity);
  std::stop_source stop;
  received got;
  transfer sent;
  thread("writer", [&] {
    sent = ring.writer().write(numbered(1, capacity + 2), stop.get_token());
    require(sent.error == errc::cancelled, "cancelled");
  });
  thread("reader", [&] {
    byte_list bytes(1);
    const auto step = ring.reader().try_read(bytes);
    got.take(bytes_view(bytes).first(step.bytes));
  });
  thread("stopper", [&] { stop.request_stop(); });
  join();
  drain(ring, got);
  require(got.count() == sent.bytes, "exactly what was counted arrives");
}

/// In place, with nothing to do: by a cancel or a deadline.
template <class Ring>
void limited_peek(std::size_t capacity, errc expected) {
  Ring ring(capacity);
  std::stop_source stop;
  const until limit = expected == errc::cancelled ? until(stop.get_token()) : until(deadline(3));
  thread("reader", [&] { require(ring.reader().peek(1, limit).error == expected, "given up"); });
  thread("stopper", [&] { stop.request_stop(); });
  join();
}
template <class Ring>
void limited_reserve(std::size_t capacity, errc expected) {
  Ring ring(capacity);
  std::stop_source stop;
  const until limit = expected == errc::cancelled ? until(stop.get_token()) : until(deadline(3));
  received got;
  std::ignore = ring.writer().try_write(numbered(1, capacity));
  thread("writer", [&] { require(ring.writer().reserve(1, limit).error == expected, "given up"); });
  thread("stopper", [&] { stop.request_stop(); });
  join();
  drain(ring, got);
  require(got.count() == capacity, "what was written stays");
}

template <class Ring>
void deadline_with_nothing_to_read(std::size_t capacity) {
  Ring ring(capacity);
  received got;
  const auto soon = deadline(3);
  thread("reader", [&] {
    require(read_some(ring, got, 1, 1, soon).error == errc::timed_out, "timed out");
    require(platform_base::now() >= soon, "not before its time");
  });
  join();
}

template <class Ring>
void deadline_against_a_write(std::size_t capacity) {
  Ring ring(capacity);
  received got;
  transfer sent;
  const auto soon = deadline(3);
  thread("writer", [&] { sent = ring.writer().try_write(numbered(1, 1)); });
  thread("reader", [&] {
    const auto step = read_some(ring, got, 1, 1, soon);
    require(step.bytes == 1 || step.error == errc::timed_out, "a byte, or the deadline");
    if (step.error) require(platform_base::now() >= soon, "not before its time");
  });
  join();
  drain(ring, got);
  require(got.count() == sent.bytes, "nothing is lost or doubled by a deadline");
}

template <class Ring>
void deadline_against_a_read(std::size_t capacity) {
  Ring ring(capacity);
  received got;
  transfer sent;
  const auto soon = deadline(3);
  thread("writer", [&] {
    sent = ring.writer().write(numbered(1, capacity + 1), soon);
    require(sent.bytes == capacity + 1 || sent.error == errc::timed_out, "all, or the deadline");
  });
  thread("reader", [&] {
    byte_list bytes(1);
    const auto step = ring.reader().try_read(bytes);
    got.take(bytes_view(bytes).first(step.bytes));
  });
  join();
  drain(ring, got);
  require(got.count() == sent.bytes, "exactly what was counted arrives");
}

/// Time passes while nobody sleeps.
template <class Ring>
void deadline_passes_early(std::size_t capacity) {
  Ring ring(capacity);
  received got;
  const auto soon = deadline(3);
  thread("reader",
         [&] { require(read_some(ring, got, 1, 1, soon).error == errc::timed_out, "timed out"); });
  thread("time", [&] { pass_time(soon); });
  join();
}

/// Over before the call: it ends, though it could go on, and moves nothing.
template <class Ring>
void over_before_the_call(std::size_t capacity, errc expected) {
  Ring ring(capacity);
  thread("both", [&] {
    std::stop_source stop;
    const auto soon = deadline(1);
    const until late = expected == errc::cancelled ? until(stop.get_token()) : until(soon);
    stop.request_stop();
    pass_time(soon);
    received got;
    require(ring.writer().write(numbered(1, 1), late).error == expected, "no write");
    require(ring.writer().reserve(1, late).error == expected, "no reservation");
    require(ring.writer().commit(1) == errc::commit_overrun, "none at all");
    require(ring.writer().drain(late) == expected, "no drain");
    require(ring.empty(), "nothing was written");
    const auto space = ring.writer().reserve(1);
    *space.memory.first.begin() = std::byte{1};
    require(!ring.writer().commit(1), "a byte is there");
    require(read_some(ring, got, 1, 1, late).error == expected, "no read");
    require(ring.reader().peek(1, late).error == expected, "no peek");
    require(ring.reader().consume(1) == errc::consume_overrun, "none at all");
    require(read_some(ring, got, 1).bytes == 1, "the byte is there still");
    ring.fail(errc::peer_died);
    require(ring.writer().write(numbered(1, 1), late).error == errc::peer_died, "the error first");
    require(ring.writer().reserve(1, late).error == errc::peer_died, "the error first");
    require(ring.writer().drain(late) == errc::peer_died, "the error first");
    require(read_some(ring, got, 1, 1, late).error == errc::peer_died, "the error first");
    require(ring.reader().peek(1, late).error == errc::peer_died, "the error first");
  });
  join();
}

inline checked_list limit_scenarios() {
  checked_list all;
  const limits quick{.preemptions = 2, .stale = 1};
  const limits deep{.preemptions = 3, .stale = 2, .spurious = 1, .runs = 3'000'000};
  for_all_rings([&]<class Ring>() {
    const auto add = [&](const char* what, void (*body)(std::size_t)) {
      all.push_back({named<Ring>(what, 1), [=] { body(1); }, quick, deep});
    };
    add("cancelled_with_nothing_to_read", cancelled_with_nothing_to_read<Ring>);
    add("cancelled_read", cancelled_read<Ring>);
    add("cancelled_write", cancelled_write<Ring>);
    for (const auto expected : {errc::cancelled, errc::timed_out}) {
      const auto* const what = expected == errc::cancelled ? "cancelled" : "deadline";
      all.push_back({named<Ring>(what + std::string("_peek"), 1),
                     [=] { limited_peek<Ring>(1, expected); }, quick, deep});
      all.push_back({named<Ring>(what + std::string("_before_the_call"), 1),
                     [=] { over_before_the_call<Ring>(1, expected); }, quick, deep});
      if constexpr (buffers<Ring>) {
        all.push_back({named<Ring>(what + std::string("_reserve"), 1),
                       [=] { limited_reserve<Ring>(1, expected); }, quick, deep});
      }
    }
    add("deadline_with_nothing_to_read", deadline_with_nothing_to_read<Ring>);
    add("deadline_against_a_write", deadline_against_a_write<Ring>);
    add("deadline_against_a_read", deadline_against_a_read<Ring>);
    add("deadline_passes_early", deadline_passes_early<Ring>);
  });
  return all;
}

}  // namespace annulus::model
