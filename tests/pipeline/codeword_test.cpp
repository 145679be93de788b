// Which shards belong together, by the erasure code alone.
#include "codeword.hpp"

#include <algorithm>
#include <numeric>

#include "support.hpp"

namespace annulus::pipeline::testing {
namespace {

// All shards of one block.
std::vector<bytes> block_of(const geometry& shape, std::size_t shard, std::uint64_t seed = 1) {
  std::vector<bytes> shards;
  for (unsigned i = 0; i < shape.data; ++i) shards.push_back(noise(shard, seed * 100 + i));
  for (unsigned i = 0; i < shape.parity; ++i) shards.emplace_back(shard);
  std::vector<std::byte*> places;
  places.reserve(shards.size());
  for (auto& one : shards) places.push_back(one.data());
  erasure_code(shape.data, shape.parity)
      .encode({places.data(), shape.data}, std::span<std::byte* const>(places).subspan(shape.data),
              shard);
  return shards;
}

std::vector<indexed_shard> seen(const std::vector<bytes>& shards,
                                const std::vector<unsigned>& indices) {
  std::vector<indexed_shard> list;
  for (const auto i : indices) list.push_back({i, shards[i]});
  return list;
}

std::vector<unsigned> all_of(const geometry& shape) {
  std::vector<unsigned> indices(shape.shards());
  std::iota(indices.begin(), indices.end(), 0U);
  return indices;
}

constexpr std::size_t sizes[] = {1, 63, 64, 65, 1000};

}  // namespace

TEST(codeword, shards_of_one_block_agree_whichever_are_there) {
  const geometry shape{.data = 4, .parity = 3};
  codeword code(shape);
  for (const auto size : sizes) {
    const auto shards = block_of(shape, size);
    for (unsigned mask = 0; mask < 128; ++mask) {
      std::vector<unsigned> there;
      for (unsigned i = 0; i < 7; ++i) {
        if ((mask >> i & 1) != 0) there.push_back(i);
      }
      const auto agreed = code.agreeing(seen(shards, there));
      ASSERT_EQ(agreed.has_value(), there.size() >= 4) << mask;
      if (agreed) {
        ASSERT_EQ(*agreed, there) << mask;
      }
    }
  }
}

// Up to half of what is there beyond `data` may be wrong, in any byte.
TEST(codeword, those_that_are_wrong_are_found_while_nothing_else_could_be) {
  const geometry shape{.data = 3, .parity = 4};
  codeword code(shape);
  for (const auto size : sizes) {
    for (unsigned one = 0; one < 7; ++one) {
      for (unsigned other = 0; other < 7; ++other) {
        auto shards = block_of(shape, size, one + 1);
        shards[one][size / 2] ^= std::byte{1};
        shards[other].back() ^= std::byte{0x80};
        auto right = all_of(shape);
        std::erase_if(right, [&](unsigned i) { return i == one || i == other; });
        ASSERT_EQ(code.agreeing(seen(shards, all_of(shape))), right) << one << ", " << other;
      }
    }
  }
}

TEST(codeword, with_one_more_than_needed_nothing_tells_which_is_wrong) {
  const geometry shape{.data = 4, .parity = 1};
  codeword code(shape);
  for (unsigned wrong = 0; wrong < 5; ++wrong) {
    auto shards = block_of(shape, 100);
    shards[wrong] = noise(100, 77);
    EXPECT_EQ(code.agreeing(seen(shards, all_of(shape))), std::nullopt);
    auto rest = all_of(shape);
    std::erase(rest, wrong);
    EXPECT_EQ(code.agreeing(seen(shards, rest)), rest);
  }
}

// Half of one block and half of another: each could be it.
TEST(codeword, two_blocks_in_equal_parts_are_neither) {
  const geometry shape{.data = 2, .parity = 4};
  codeword code(shape);
  auto shards = block_of(shape, 100, 1);
  const auto others = block_of(shape, 100, 2);
  for (const unsigned i : {0U, 3U, 5U}) shards[i] = others[i];
  EXPECT_EQ(code.agreeing(seen(shards, all_of(shape))), std::nullopt);
  shards[5] = block_of(shape, 100, 1)[5];
  EXPECT_EQ(code.agreeing(seen(shards, all_of(shape))), (std::vector<unsigned>{1, 2, 4, 5}));
}

TEST(codeword, completes_a_block_from_any_of_its_shards) {
  const geometry shape{.data = 3, .parity = 2};
  codeword code(shape);
  const auto shards = block_of(shape, 77);
  for (const std::vector<unsigned>& given : {std::vector{0U, 1U, 2U}, {0U, 3U, 4U}, {1U, 2U, 4U}}) {
    const auto all = code.complete(seen(shards, given));
    ASSERT_EQ(all.size(), 5U);
    for (std::size_t i = 0; i < 5; ++i)
      EXPECT_TRUE(std::equal(all[i].begin(), all[i].end(), shards[i].begin(), shards[i].end()));
  }
}

}  // namespace annulus::pipeline::testing
