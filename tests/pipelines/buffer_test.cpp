// The readable buffer as a value and a sequence.
#include <array>
#include <iterator>

#include "support.hpp"

namespace annulus::pipelines::testing {

static_assert(std::forward_iterator<readable_buffer::iterator>);

class buffer : public ::testing::Test {
 protected:
  buffer() {
    put(p.writer(), 60);
    EXPECT_FALSE(p.writer().commit());
    bytes = p.reader().read().buffer;
  }
  pipe p{small_options()};
  readable_buffer bytes;
};

TEST_F(buffer, goes_over_its_pieces) {
  std::vector<std::size_t> lengths;
  for (const auto piece : bytes) lengths.push_back(piece.size());
  EXPECT_EQ(lengths, (std::vector<std::size_t>{16, 16, 16, 12}));
  EXPECT_TRUE(holds(bytes));
  EXPECT_EQ(std::distance(bytes.begin(), bytes.end()), 4);
}
TEST_F(buffer, of_nothing_has_no_piece) {
  const readable_buffer none;
  EXPECT_EQ(none.size(), 0U);
  EXPECT_TRUE(none.empty());
  EXPECT_EQ(none.begin(), none.end());
  EXPECT_EQ(none.peek(), std::nullopt);
  EXPECT_TRUE(none.first_piece().empty());
}
TEST_F(buffer, peeks_the_first_byte) {
  EXPECT_EQ(bytes.peek(), pattern(0));
  EXPECT_EQ(bytes.slice(16).peek(), pattern(16));
  EXPECT_EQ(bytes.slice(59).peek(), pattern(59));
}
TEST_F(buffer, slices_at_every_pair_of_offsets) {
  for (std::size_t from = 0; from <= 60; ++from) {
    for (std::size_t n = 0; from + n <= 60; ++n) {
      const auto part = bytes.slice(from, n);
      ASSERT_EQ(part.size(), n);
      ASSERT_TRUE(holds(part, from));
      const auto same = bytes.slice(bytes.at(from), bytes.at(from + n));
      ASSERT_EQ(same.size(), n);
      ASSERT_TRUE(holds(same, from));
    }
  }
}
TEST_F(buffer, cuts_a_slice_that_reaches_out) {
  EXPECT_EQ(bytes.slice(50, 100).size(), 10U);
  EXPECT_EQ(bytes.slice(100, 1).size(), 0U);
  const auto part = bytes.slice(10, 10);
  EXPECT_EQ(part.slice(bytes.start(), bytes.finish()).size(), 10U);
  EXPECT_TRUE(part.slice(part.finish(), part.start()).empty());
}
TEST_F(buffer, has_cursors_of_segment_and_index) {
  const auto place = bytes.at(18);
  EXPECT_EQ(place.index(), 2U);
  EXPECT_NE(place.where(), bytes.start().where());
  EXPECT_EQ(place.position() - bytes.start().position(), 18U);
  EXPECT_LT(bytes.start(), place);
  EXPECT_EQ(bytes.at(60), bytes.finish());
}
TEST_F(buffer, copies_out) {
  std::array<std::byte, 60> all{};
  EXPECT_EQ(bytes.copy_to(all), 60U);
  EXPECT_TRUE(annulus::testing::matches(all, 0));
  std::array<std::byte, 20> some{};
  EXPECT_EQ(bytes.copy_to(some), 20U);
  EXPECT_TRUE(annulus::testing::matches(some, 0));
}
TEST_F(buffer, describes_itself_for_writev) {
  std::array<iovec, 8> all{};
  EXPECT_EQ(bytes.to_iovec(all), 4U);
  EXPECT_EQ(all[3].iov_len, 12U);
  EXPECT_EQ(all[0].iov_base, static_cast<const void*>((*bytes.begin()).data()));
  EXPECT_EQ(bytes.to_iovec(std::span(all).first(2)), 2U);
}

}  // namespace annulus::pipelines::testing
