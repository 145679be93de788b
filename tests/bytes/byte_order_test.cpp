#include <gtest/gtest.h>

#include <annulus/bytes/byte_order.hpp>
#include <array>

namespace annulus {
namespace {

template <class T>
void expect_bytes(T value, const std::array<unsigned char, sizeof(T)>& little) {
  // At an odd address.
  std::array<std::byte, sizeof(T) + 2> place{};
  auto* const at = place.data() + 1;
  store_le(at, value);
  for (std::size_t i = 0; i < sizeof(T); ++i) EXPECT_EQ(at[i], std::byte{little[i]}) << i;
  EXPECT_EQ(load_le<T>(at), value);
  store_be(at, value);
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    EXPECT_EQ(at[i], std::byte{little[sizeof(T) - 1 - i]}) << i;
  }
  EXPECT_EQ(load_be<T>(at), value);
  EXPECT_EQ(place.front(), std::byte{});
  EXPECT_EQ(place.back(), std::byte{});
}

TEST(byte_order, of_each_width) {
  expect_bytes<std::uint8_t>(0x81, {0x81});
  expect_bytes<std::uint16_t>(0x8182, {0x82, 0x81});
  expect_bytes<std::uint32_t>(0x81828384, {0x84, 0x83, 0x82, 0x81});
  expect_bytes<std::uint64_t>(0x8182838485868788, {0x88, 0x87, 0x86, 0x85, 0x84, 0x83, 0x82, 0x81});
}

}  // namespace
}  // namespace annulus
