// The checker itself: whatever is wrong with the bytes, it sees it.
#include "suites/common/payload.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace annulus::bench {
namespace {

std::vector<std::byte> filled(std::size_t n, std::uint64_t position) {
  std::vector<std::byte> bytes(n);
  fill(bytes, position);
  return bytes;
}

TEST(Payload, IsFoundRightWhereItWasMade) {
  for (const std::size_t n : {0U, 1U, 7U, 8U, 32U, 63U, 64U, 65U, 4096U, 131'104U}) {
    for (const std::uint64_t position : {0U, 3U, 8U, 32U, 64U, 4096U, 131'104U}) {
      EXPECT_EQ(difference(filled(n, position), position), 0U) << n << " at " << position;
    }
  }
}

TEST(Payload, IsTheSameStreamInWhateverPiecesItIsMade) {
  const auto whole = filled(1000, 24);
  for (const std::size_t cut : {1U, 8U, 31U, 64U, 500U, 999U}) {
    auto pieces = filled(cut, 24);
    const auto rest = filled(whole.size() - cut, 24 + cut);
    pieces.insert(pieces.end(), rest.begin(), rest.end());
    EXPECT_EQ(pieces, whole) << cut;
  }
}

TEST(Payload, SeesEveryWrongBit) {
  constexpr std::uint64_t position = 5;
  auto bytes = filled(209, position);  // ragged head, whole lanes, ragged tail
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      const std::byte wrong{static_cast<unsigned char>(1U << bit)};
      bytes[at] ^= wrong;
      EXPECT_NE(difference(bytes, position), 0U) << "bit " << bit << " of byte " << at;
      bytes[at] ^= wrong;
    }
  }
}

TEST(Payload, SeesBytesFromAnotherPlace) {
  for (const std::uint64_t elsewhere : {8U, 64U, 4096U, 65'536U, 2U << 20U, 32U << 20U}) {
    EXPECT_NE(difference(filled(64, elsewhere), 0), 0U) << elsewhere;
    EXPECT_NE(difference(filled(8, elsewhere), 0), 0U) << elsewhere;
  }
}

}  // namespace
}  // namespace annulus::bench
