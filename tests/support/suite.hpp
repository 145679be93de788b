// The typed suite over all tested rings.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "support/rings.hpp"
#include "support/stream.hpp"
#include "support/typed.hpp"

namespace annulus::testing {

template <class List>
struct as_gtest_types;
template <class... Rings>
struct as_gtest_types<ring_list<Rings...>> {
  using type = ::testing::Types<Rings...>;
};
using ring_types = as_gtest_types<tested_rings>::type;

struct ring_names {
  template <class Ring>
  static std::string GetName(int) {  // NOLINT(readability-identifier-naming): GoogleTest's name
    return std::string(variant<Ring>.name);
  }
};

template <class Ring>
class suite : public ::testing::Test {
 protected:
  // A pipe holds nothing: what needs room before a reader comes does not apply to it, and is
  // asserted as such.
  static constexpr bool buffered = variant<Ring>.buffered;

  // How often to repeat what two threads do. Seldom with a ring that spins for ever: where other
  // work runs on the same cores, each hand-over costs it a time slice.
  static constexpr std::uint64_t times(std::uint64_t n) {
    return variant<Ring>.waiting == spin_waiting::name ? n / 10 : n;
  }

  // Puts `n` <= limit() bytes of the stream in without a reader; also a pipe can do that in place.
  static void put(Ring& ring, std::size_t n, std::uint64_t from = 0) {
    const auto space = ring.writer().reserve(n);
    ASSERT_FALSE(space.error);
    fill(space.memory.prefix(n), from);
    ASSERT_FALSE(ring.writer().commit(n));
  }
};

}  // namespace annulus::testing
