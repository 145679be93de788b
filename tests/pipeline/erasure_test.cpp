#include <annulus/pipeline/erasure.hpp>
#include <annulus/pipeline/geometry.hpp>
#include <numeric>

#include "plain_field.hpp"
#include "support.hpp"

namespace annulus::pipeline::testing {
namespace {

std::vector<std::byte*> pointers(std::vector<bytes>& shards) {
  std::vector<std::byte*> list;
  for (auto& shard : shards) list.push_back(shard.data());
  return list;
}

std::vector<bytes> encoded(unsigned data, unsigned parity, std::size_t size) {
  std::vector<bytes> shards;
  for (unsigned i = 0; i < data; ++i) shards.push_back(noise(size, i + 1));
  shards.resize(data + parity, bytes(size));
  const auto all = pointers(shards);
  erasure_code(data, parity).encode({all.data(), data}, std::span(all).subspan(data), size);
  return shards;
}

plain_field::row as_row(const bytes& shard) {
  plain_field::row values;
  for (const auto byte : shard) values.push_back(std::to_integer<std::uint8_t>(byte));
  return values;
}

}  // namespace

// The matrix that Backblaze's and klauspost's documentation print for 4+2.
TEST(erasure, the_plain_matrix_of_4_plus_2_is_the_published_one) {
  EXPECT_EQ(plain_field::parity_rows(4, 2),
            (plain_field::matrix{{0x1b, 0x1c, 0x12, 0x14}, {0x1c, 0x1b, 0x14, 0x12}}));
}

TEST(erasure, parity_equals_plain_arithmetic) {
  for (const auto& [data, parity, size] : {std::tuple{1U, 1U, 1UL},
                                           {2U, 2U, 33UL},
                                           {4U, 2U, 64UL},
                                           {8U, 4U, 1000UL},
                                           {12U, 4U, 31UL},
                                           {16U, 16U, 257UL},
                                           {17U, 3U, 4096UL},
                                           {200U, 56U, 40UL}}) {
    const auto shards = encoded(data, parity, size);
    std::vector<plain_field::row> rows;
    for (unsigned i = 0; i < data; ++i) rows.push_back(as_row(shards[i]));
    const auto matrix = plain_field::parity_rows(data, parity);
    for (unsigned p = 0; p < parity; ++p) {
      ASSERT_EQ(as_row(shards[data + p]), plain_field::parity_shard(matrix[p], rows))
          << data << "+" << parity;
    }
  }
}

TEST(erasure, every_choice_of_4_out_of_8_recovers_the_rest) {
  const auto shards = encoded(4, 4, 100);
  const erasure_code code(4, 4);
  for (unsigned mask = 0; mask < 256; ++mask) {
    std::vector<unsigned> from;
    std::vector<unsigned> to;
    for (unsigned i = 0; i < 8; ++i) ((mask >> i & 1) != 0 ? from : to).push_back(i);
    if (from.size() != 4) continue;
    std::vector<const std::byte*> sources;
    for (const auto i : from) sources.push_back(shards[i].data());
    std::vector<bytes> made(to.size(), bytes(100));
    code.make_decoder(from, to).decode(sources, pointers(made), 100);
    for (std::size_t i = 0; i < to.size(); ++i) ASSERT_EQ(made[i], shards[to[i]]) << mask;
  }
}

TEST(erasure, limits_are_named_with_the_value) {
  const auto sentence = [](unsigned data, unsigned parity) {
    return sentence_of(error_kind::bad_argument, [&] { erasure_code(data, parity); });
  };
  EXPECT_EQ(sentence(0, 1), "the number of data shards must be 1 to 255, not 0");
  EXPECT_EQ(sentence(1, 0), "the number of parity shards must be 1 to 255, not 0");
  EXPECT_EQ(sentence(256, 1), "the number of data shards must be 1 to 255, not 256");
  EXPECT_EQ(sentence(200, 57),
            "data and parity shards together must be at most 256, not 200 + 57 = 257");
  EXPECT_NO_THROW(erasure_code(255, 1));
  EXPECT_NO_THROW(erasure_code(1, 255));
}

}  // namespace annulus::pipeline::testing
