#include "numbering.hpp"

#include "support.hpp"

namespace annulus::chunklog::test {
namespace {

using chunk_numbers = std::vector<chunk_number>;

std::optional<chunk_numbers> assign(const std::vector<int>& wanted, const chunk_numbers& present,
                                    const chunk_numbers& needed) {
  std::vector<numbered_chunk> chunks;
  for (const int number : wanted) {
    numbered_chunk one;
    if (number >= 0) one.keeps = static_cast<chunk_number>(number);
    chunks.push_back(one);
  }
  return assign_numbers(std::move(chunks), present, needed);
}

TEST(numbering, keeps_numbers_that_are_in_order) {
  EXPECT_EQ(assign({0, 1, 2}, {0, 1, 2}, {0, 1, 2}), (chunk_numbers{0, 1, 2}));
  EXPECT_EQ(assign({0, 1, 5}, {0, 1, 5}, {0, 1, 5}), (chunk_numbers{0, 1, 5}));
  EXPECT_EQ(assign({0xFFFF, 0, 1}, {0xFFFF, 0, 1}, {0xFFFF, 0, 1}), (chunk_numbers{0xFFFF, 0, 1}));
}

TEST(numbering, puts_a_chunk_without_a_number_where_one_is_free) {
  EXPECT_EQ(assign({0, -1, 2}, {0, 2, 0x777}, {0, 2, 0x777}), (chunk_numbers{0, 1, 2}));
  EXPECT_EQ(assign({-1, 1, 2}, {1, 2, 0x777}, {1, 2, 0x777}), (chunk_numbers{0, 1, 2}));
  EXPECT_EQ(assign({-1, 0, 1}, {0, 1, 7}, {0, 1, 7}), (chunk_numbers{0xFFFF, 0, 1}));
  // What is not needed may be replaced.
  EXPECT_EQ(assign({0, -1, 2}, {0, 1, 2, 9}, {0, 2, 9}), (chunk_numbers{0, 1, 2}));
}

TEST(numbering, leaves_no_thousands_of_numbers_between) {
  EXPECT_EQ(assign({0, 1, 2, 0x777}, {0, 1, 2, 0x777}, {0, 1, 2, 0x777}),
            (chunk_numbers{0, 1, 2, 3}));
  EXPECT_EQ(assign({0x777, 0x1000, 0x1001}, {0x777, 0x1000, 0x1001}, {0x777, 0x1000, 0x1001}),
            (chunk_numbers{0xFFF, 0x1000, 0x1001}));
}

TEST(numbering, begins_anew_where_there_is_no_room) {
  EXPECT_EQ(assign({0, -1, 1}, {0, 1, 2}, {0, 1, 2}), (chunk_numbers{3, 4, 5}));
  EXPECT_EQ(assign({0, 1, -1}, {0, 1, 2}, {0, 1, 2}), (chunk_numbers{3, 4, 5}));
  EXPECT_EQ(assign({-1, -1}, {7, 8}, {7, 8}), (chunk_numbers{9, 10}));
}

TEST(numbering, refuses_what_has_too_few_numbers) {
  chunk_numbers all;
  for (unsigned number = 0; number < 0x10000; ++number) {
    all.push_back(static_cast<chunk_number>(number));
  }
  EXPECT_EQ(assign({1, -1, 2}, all, all), std::nullopt);
}

}  // namespace
}  // namespace annulus::chunklog::test
