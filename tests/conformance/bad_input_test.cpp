// Bad input is an error, not undefined, and changes nothing.
#include "suite.hpp"

namespace annulus::testing {

template <class Ring>
class bad_input : public suite<Ring> {};
TYPED_TEST_SUITE(bad_input, ring_types, ring_names);

template <class Ring>
std::error_code construction_error(std::size_t capacity) {
  try {
    Ring ring(capacity);
    return {};
  } catch (const std::system_error& error) {
    return error.code();
  }
}

TYPED_TEST(bad_input, capacity_zero) {
  EXPECT_EQ(construction_error<TypeParam>(0), errc::bad_capacity);
}

TYPED_TEST(bad_input, capacity_beyond_the_address_space) {
  EXPECT_EQ(construction_error<TypeParam>(max_capacity + 1), errc::bad_capacity);
  EXPECT_EQ(construction_error<TypeParam>(SIZE_MAX), errc::bad_capacity);
}

TYPED_TEST(bad_input, commit_without_a_reservation) {
  TypeParam ring(64);
  EXPECT_EQ(ring.writer().commit(1), errc::commit_overrun);
  EXPECT_TRUE(ring.empty());
}

TYPED_TEST(bad_input, commit_beyond_the_reservation_keeps_it) {
  TypeParam ring(64);
  const auto space = ring.writer().reserve(10);
  fill(space.memory.prefix(10), 0);
  EXPECT_EQ(ring.writer().commit(space.memory.size() + 1), errc::commit_overrun);
  EXPECT_TRUE(ring.empty());
  EXPECT_FALSE(ring.writer().commit(10));
  EXPECT_EQ(ring.size(), 10U);
}

TYPED_TEST(bad_input, a_reservation_is_committed_once) {
  TypeParam ring(64);
  ASSERT_FALSE(ring.writer().reserve(10).error);
  EXPECT_FALSE(ring.writer().commit(10));
  EXPECT_EQ(ring.writer().commit(1), errc::commit_overrun);
  EXPECT_EQ(ring.size(), 10U);
}

TYPED_TEST(bad_input, consume_without_a_peek) {
  TypeParam ring(64);
  fill(ring.writer().reserve(10).memory.prefix(10), 0);
  ASSERT_FALSE(ring.writer().commit(10));
  EXPECT_EQ(ring.reader().consume(1), errc::consume_overrun);
  EXPECT_EQ(ring.size(), 10U);
}

TYPED_TEST(bad_input, consume_beyond_the_peek_keeps_it) {
  TypeParam ring(64);
  fill(ring.writer().reserve(10).memory.prefix(10), 0);
  ASSERT_FALSE(ring.writer().commit(10));
  ASSERT_EQ(ring.reader().peek(1).data.size(), 10U);
  EXPECT_EQ(ring.reader().consume(11), errc::consume_overrun);
  EXPECT_EQ(ring.size(), 10U);
  EXPECT_FALSE(ring.reader().consume(10));
  EXPECT_EQ(ring.reader().consume(1), errc::consume_overrun);
}

TYPED_TEST(bad_input, reserve_and_peek_larger_than_the_ring) {
  TypeParam ring(64);
  EXPECT_EQ(ring.writer().reserve(ring.limit() + 1).error, errc::exceeds_capacity);
  EXPECT_EQ(ring.reader().peek(ring.limit() + 1).error, errc::exceeds_capacity);
  EXPECT_EQ(ring.writer().commit(1), errc::commit_overrun);
  EXPECT_EQ(ring.reader().consume(1), errc::consume_overrun);
}

TYPED_TEST(bad_input, a_minimum_larger_than_the_span) {
  TypeParam ring(64);
  std::byte bytes[4];
  EXPECT_EQ(ring.reader().read(bytes, 5).error, errc::minimum_exceeds_span);
}

}  // namespace annulus::testing
