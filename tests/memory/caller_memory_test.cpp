// A flat ring over memory that the caller owns.
#include "fixtures.hpp"

namespace annulus::testing {

template <class Ring>
class caller_memory : public ::testing::Test {
 protected:
  static constexpr std::size_t before = 4109, inside = 1003, behind = 4096;
  static constexpr auto guard = std::byte{0xA5};

  // Odd in place and in size.
  bytes_span lent() { return bytes_span(block_).subspan(before, inside); }

  void expect_untouched_outside() const {
    const auto is_guard = [](std::byte byte) { return byte == guard; };
    EXPECT_TRUE(std::all_of(block_.begin(), block_.begin() + before, is_guard));
    EXPECT_TRUE(std::all_of(block_.begin() + before + inside, block_.end(), is_guard));
  }

  std::vector<std::byte> block_ = std::vector<std::byte>(before + inside + behind, guard);
};
using flat_rings = ::testing::Types<futex_ring, spsc_ring, mutex_ring>;
TYPED_TEST_SUITE(caller_memory, flat_rings, ring_names);

template <class Ring>
auto storage_over(bytes_span memory) {
  if constexpr (std::is_same_v<Ring, mutex_ring>) {
    return flat_store(flat_storage(memory));
  } else {
    return flat_storage(memory);
  }
}

TYPED_TEST(caller_memory, holds_the_stream_and_nothing_outside_is_touched) {
  {
    TypeParam ring(storage_over<TypeParam>(this->lent()));
    EXPECT_EQ(ring.capacity(), this->inside);
    expect_stream(ring, 100000);
  }
  this->expect_untouched_outside();
}

TYPED_TEST(caller_memory, is_where_the_bytes_are) {
  TypeParam ring(storage_over<TypeParam>(this->lent()));
  ASSERT_EQ(ring.writer().try_write(pattern_bytes(0, this->inside)).bytes, this->inside);
  EXPECT_TRUE(matches(this->lent(), 0));
  const auto space = ring.reader().peek(this->inside).data;
  EXPECT_EQ(space.first.data(), this->lent().data());
  this->expect_untouched_outside();
}

TYPED_TEST(caller_memory, outlives_the_ring) {
  { TypeParam ring(storage_over<TypeParam>(this->lent())); }
  std::fill(this->lent().begin(), this->lent().end(), std::byte{1});
  TypeParam again(storage_over<TypeParam>(this->lent()));
  expect_stream(again, 5000);
  this->expect_untouched_outside();
}

TYPED_TEST(caller_memory, is_reported) {
  TypeParam ring(storage_over<TypeParam>(this->lent()));
  const auto found = ring.memory();
  EXPECT_EQ(found.bytes, this->inside);
  EXPECT_EQ(found.locked_bytes, 0U);
  EXPECT_TRUE(found.prefaulted()) << "the guard bytes touched all of it";
  EXPECT_GE(pages_there(found), 1U);
}

TYPED_TEST(caller_memory, of_no_bytes_is_refused) {
  EXPECT_EQ(refusal_of([] { TypeParam ring(storage_over<TypeParam>({})); }, errc::bad_capacity),
            "ring capacity is 0 or too large");
}

TYPED_TEST(caller_memory, of_one_byte_is_a_ring) {
  std::byte one{};
  TypeParam ring(storage_over<TypeParam>({&one, 1}));
  expect_stream(ring, 100);
}

}  // namespace annulus::testing
