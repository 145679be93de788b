#include "crc32.hpp"

#include <annulus/bytes/byte_order.hpp>
#include <array>
#include <random>

#include "support.hpp"

namespace annulus::chunklog::test {
namespace {

std::uint32_t sum_of_bytes(std::uint64_t word) {
  std::array<std::byte, sizeof word> bytes{};
  store_le(bytes.data(), word);
  return crc32(0, bytes);
}

TEST(crc32, of_a_word_is_that_of_its_bytes) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 1000; ++i) {
    const auto word = random();
    ASSERT_EQ(crc32_of_word(word), sum_of_bytes(word)) << word;
  }
}

TEST(crc32, of_words_that_count_up_is_that_of_each) {
  for (const std::uint64_t first :
       {0x0ULL, 0xFFULL, 0xFF00ULL, 0xFFFFFF80ULL, 0xFFFFFFFFFFFFFE00ULL}) {
    counting_crc32 sums;
    for (std::uint64_t word = first; word < first + 511; ++word) {
      ASSERT_EQ(sums.of_word(word), sum_of_bytes(word)) << word;
    }
  }
}

TEST(crc32, of_words_in_any_order_is_that_of_each) {
  std::mt19937_64 random(2);
  counting_crc32 sums;
  for (int i = 0; i < 10'000; ++i) {
    // Most share all but the lowest byte with the one before.
    const auto word = random() % (i % 8 == 0 ? ~std::uint64_t{0} : 600);
    ASSERT_EQ(sums.of_word(word), sum_of_bytes(word)) << word;
  }
}

// The library leaves registers behind that slow down what follows; what is done about it, and what
// it takes for short, must not show in a sum.
TEST(crc32, is_the_same_in_one_piece_and_in_many) {
  std::mt19937_64 random(3);
  std::vector<std::byte> bytes(5000);
  for (auto& each : bytes) each = static_cast<std::byte>(random());
  const auto whole = crc32(0, bytes);
  for (const std::size_t piece : {1UL, 7UL, 16UL, 128UL, 255UL, 256UL, 257UL, 1024UL}) {
    std::uint32_t sum = 0;
    for (bytes_view rest = bytes; !rest.empty();
         rest = rest.subspan(std::min(piece, rest.size()))) {
      sum = crc32(sum, rest.first(std::min(piece, rest.size())));
    }
    EXPECT_EQ(sum, whole) << piece;
  }
}

}  // namespace
}  // namespace annulus::chunklog::test
