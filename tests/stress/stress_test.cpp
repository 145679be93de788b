// A short soak of every ring: ANNULUS_STRESS_SECONDS each. `./annulus soak` is the long one.
#include <chrono>

#include "rounds.hpp"
#include "support/suite.hpp"

namespace annulus::stress {

template <class Ring>
class fifo : public testing::suite<Ring> {};
TYPED_TEST_SUITE(fifo, testing::ring_types, testing::ring_names);

TYPED_TEST(fifo, every_byte_once_and_in_order) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(ANNULUS_STRESS_SECONDS);
  journal book;
  const watchdog watching(book);
  totals sum;
  run_rounds<TypeParam>(1, book, sum, [&](const totals& so_far) {
    return so_far.rounds > 0 && std::chrono::steady_clock::now() >= end;
  });
  EXPECT_EQ(sum.mismatch, "");
  EXPECT_GT(sum.bytes, 0U);
}

}  // namespace annulus::stress
