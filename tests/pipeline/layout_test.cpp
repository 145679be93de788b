// What lies on a disk, byte for byte.
#include <highwayhash/highwayhash_target.h>
#include <highwayhash/instruction_sets.h>

#include <cstring>
#include <nlohmann/json.hpp>

#include "plain_field.hpp"
#include "support.hpp"

namespace annulus::pipeline::testing {
namespace {

// The library called directly, with the key as the design writes it.
bytes library_hash(const plain_field::row& shard) {
  constexpr auto hex = "4be734fa8e238acd263e83e6bb968552040f935da39f441497e09d1322de36a0";
  unsigned char raw[32];
  for (int i = 0; i < 32; ++i)
    raw[i] = static_cast<unsigned char>(std::stoi(std::string(hex + 2 * i, 2), nullptr, 16));
  highwayhash::HHKey key;
  std::memcpy(key, raw, sizeof raw);
  highwayhash::HHResult256 lanes;
  highwayhash::InstructionSets::Run<highwayhash::HighwayHash>(
      key, reinterpret_cast<const char*>(shard.data()), shard.size(), &lanes);
  bytes result(32);
  std::memcpy(result.data(), lanes, 32);
  return result;
}

std::vector<plain_field::row> expected_shards() {
  std::vector<plain_field::row> shards(4);
  for (unsigned i = 0; i < 256; ++i) shards[i / 64].push_back(static_cast<std::uint8_t>(i));
  const auto data = shards;
  for (const auto& coefficients : plain_field::parity_rows(4, 2)) {
    shards.push_back(plain_field::parity_shard(coefficients, data));
  }
  return shards;
}

}  // namespace

class layout : public ::testing::TestWithParam<std::tuple<put_mode, hand_over, std::string>> {};

TEST_P(layout, of_256_bytes_as_4_plus_2_is_hash_then_shard) {
  const scratch where;
  auto how = options(where, {.data = 4, .parity = 2});
  std::tie(how.mode, how.hand, how.ring) = GetParam();
  bytes data;
  for (unsigned i = 0; i < 256; ++i) data.push_back(static_cast<std::byte>(i));
  put_bytes(where, how, data);
  const auto shards = expected_shards();
  for (unsigned i = 0; i < 6; ++i) {
    auto expected = library_hash(shards[i]);
    for (const auto value : shards[i]) expected.push_back(static_cast<std::byte>(value));
    ASSERT_EQ(expected.size(), 96U);
    EXPECT_EQ(read_bytes(how.disks[i] / "object" / "part.1"), expected) << "shard " << i;
    const auto text = read_bytes(how.disks[i] / "object" / "meta.json");
    const auto meta =
        nlohmann::json::parse(reinterpret_cast<const char*>(text.data()),
                              reinterpret_cast<const char*>(text.data()) + text.size());
    EXPECT_EQ(meta.at("shard"), i);
    EXPECT_EQ(meta.at("size"), 256);
    EXPECT_EQ(meta.at("name"), "object");
  }
}

std::vector<std::string> ring_names() {
  std::vector<std::string> names;
  for (const auto& info : all_rings::infos) names.emplace_back(info.name);
  return names;
}

std::string way_name(const ::testing::TestParamInfo<layout::ParamType>& tested) {
  const auto& [mode, hand, ring] = tested.param;
  return ring + (mode == put_mode::serial ? "_serial_" : "_parallel_") + name_of(hand);
}

INSTANTIATE_TEST_SUITE_P(every_way, layout,
                         ::testing::Combine(::testing::Values(put_mode::serial, put_mode::parallel),
                                            ::testing::ValuesIn(every_hand),
                                            ::testing::ValuesIn(ring_names())),
                         way_name);

TEST(layout_of_files, of_an_empty_object_is_empty_streams) {
  const scratch where;
  const auto how = options(where, {.data = 2, .parity = 1});
  put_bytes(where, how, {});
  for (const auto& disk : how.disks) EXPECT_EQ(fs::file_size(disk / "object" / "part.1"), 0U);
}

TEST(layout_of_files, of_many_blocks_is_a_row_of_frames) {
  const scratch where;
  const auto how = options(where, {.data = 2, .parity = 1, .block = 100});
  const auto data = noise(330);
  put_bytes(where, how, data);
  // Three frames of 32 + 50 bytes and one of 32 + 15.
  const auto stream = read_bytes(how.disks[1] / "object" / "part.1");
  ASSERT_EQ(stream.size(), 3U * 82 + 47);
  for (std::size_t block = 0; block < 4; ++block) {
    const auto size = block < 3 ? std::size_t{50} : std::size_t{15};
    const bytes_view frame(stream.data() + block * 82, 32 + size);
    EXPECT_TRUE(frame_is_good(frame));
    EXPECT_TRUE(std::equal(frame.begin() + 32, frame.end(),
                           data.begin() + static_cast<std::ptrdiff_t>(block * 100 + size)));
  }
}

}  // namespace annulus::pipeline::testing
