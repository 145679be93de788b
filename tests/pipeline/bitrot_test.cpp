#include <annulus/pipeline/bitrot.hpp>

#include "support.hpp"

namespace annulus::pipeline::testing {
namespace {

std::string hex(bytes_view data) {
  std::string text;
  for (const auto byte : data) {
    constexpr auto digits = "0123456789abcdef";
    text += digits[std::to_integer<unsigned>(byte) >> 4];
    text += digits[std::to_integer<unsigned>(byte) & 15];
  }
  return text;
}

}  // namespace

// The chain and its value are those of MinIO's own start-up self-test of its bitrot algorithms.
TEST(bitrot, gives_the_value_of_minios_self_test) {
  bytes message;
  digest sum{};
  for (int i = 0; i < 32; ++i) {
    sum = bitrot_hash(message);
    message.insert(message.end(), sum.begin(), sum.end());
  }
  EXPECT_EQ(hex(sum), "39c0407ed3f01b18d22c85db4aeff11e060ca5f43131b0126731ca197cd42313");
}

TEST(bitrot, a_frame_with_any_flipped_byte_is_bad) {
  bytes frame(digest_bytes);
  const auto shard = noise(100);
  const auto hash = bitrot_hash(shard);
  std::copy(hash.begin(), hash.end(), frame.begin());
  frame.insert(frame.end(), shard.begin(), shard.end());
  EXPECT_TRUE(frame_is_good(frame));
  for (auto& byte : frame) {
    byte ^= std::byte{1};
    EXPECT_FALSE(frame_is_good(frame));
    byte ^= std::byte{1};
  }
  for (std::size_t n = 0; n < frame.size(); ++n) EXPECT_FALSE(frame_is_good({frame.data(), n}));
}

}  // namespace annulus::pipeline::testing
