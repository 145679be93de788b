// CRC-32 IEEE (reflected, polynomial 0xEDB88320), the one of zlib and Ethernet.
#pragma once

#include <annulus/transfer.hpp>
#include <array>
#include <cstdint>

namespace annulus::chunklog {

/// Extends `seed`, the CRC of what came before (0: nothing), by `bytes`.
std::uint32_t crc32(std::uint32_t seed, bytes_view bytes) noexcept;

/// The CRC of eight bytes, the little-endian `word`. For a length as short as this the library
/// takes twice as long as for the 128 bytes behind it.
std::uint32_t crc32_of_word(std::uint64_t word) noexcept;

/// What is left of the CRC of some bytes in that of the same bytes with `behind` more behind them:
/// crc(AB) == crc32_behind(crc(A), bytes of B) ^ crc(B). O(1). Precondition: behind < 2^32.
std::uint32_t crc32_behind(std::uint32_t crc, std::uint64_t behind) noexcept;

/// The same for words that count up, by one lookup each: all but the lowest byte stays as it is 255
/// times of 256. Any other word is right, too, but takes all lookups.
class counting_crc32 {
 public:
  [[nodiscard]] std::uint32_t of_word(std::uint64_t word) noexcept {
    if ((word ^ last_) > 0xFFU) rest_ = crc32_of_word(word) ^ of_lowest_byte[word & 0xFFU];
    last_ = word;
    return rest_ ^ of_lowest_byte[word & 0xFFU];
  }

 private:
  static const std::array<std::uint32_t, 256> of_lowest_byte;  // in a word that is 0 otherwise

  std::uint64_t last_ = 0;
  std::uint32_t rest_ = crc32_of_word(0);
};

}  // namespace annulus::chunklog
