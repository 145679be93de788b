// reset(): what is left over from one stream does not reach the next.
#pragma once

#include "rings.hpp"

namespace annulus::model {

/// A stream that ends as `end` does, then a whole one.
template <class Ring, class End>
void twice(std::size_t capacity, End end) {
  Ring ring(capacity);
  received first, second;
  thread("first writer", [&] {
    std::ignore = ring.writer().try_write(numbered(1, capacity));
    end(ring);
  });
  thread("first reader", [&] { std::ignore = read_some(ring, first, 1); });
  join();
  ring.reset();
  require(ring.empty(), "a ring that is reset is empty");
  thread("second writer", [&] {
    const auto sent = ring.writer().write(numbered(1, capacity + 1));
    require(!sent.error, "a ring that is reset accepts");
    ring.writer().close();
  });
  thread("second reader", [&] {
    while (!read_some(ring, second, 1).error) {
    }
  });
  join();
  require(second.count() == capacity + 1, "the second stream is whole");
}

inline checked_list reset_scenarios() {
  checked_list all;
  const limits quick{.preemptions = 1, .stale = 1};
  const limits deep{.preemptions = 2, .stale = 2, .spurious = 1, .runs = 3'000'000};
  for_all_rings([&]<class Ring>() {
    for (const std::size_t capacity : {1U, 2U}) {
      all.push_back({named<Ring>("after_a_close", capacity),
                     [=] { twice<Ring>(capacity, [](Ring& ring) { ring.writer().close(); }); },
                     quick, deep});
      all.push_back({named<Ring>("after_an_error", capacity),
                     [=] {
                       twice<Ring>(capacity, [](Ring& ring) {
                         ring.writer().close(std::make_error_code(std::errc::io_error));
                       });
                     },
                     quick, deep});
    }
  });
  return all;
}

}  // namespace annulus::model
