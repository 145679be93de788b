#include "crc32.hpp"

#include <isa-l/crc.h>

#include <array>
#include <cstddef>

namespace annulus::chunklog {
namespace {

using table = std::array<std::uint32_t, 256>;

// [k][b]: what byte `b` leaves with k zero bytes behind it (Kounavis and Berry, "Novel
// Table Lookup-Based Algorithms for High-Performance CRC Generation", 2008).
constexpr auto tables = [] {
  constexpr std::uint32_t polynomial = 0xEDB88320;
  std::array<table, sizeof(std::uint64_t)> all{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    auto rest = byte;
    for (int bit = 0; bit < 8; ++bit) rest = (rest >> 1U) ^ ((rest & 1U) != 0 ? polynomial : 0);
    all[0][byte] = rest;
  }
  for (std::size_t k = 1; k < all.size(); ++k) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const auto rest = all[k - 1][byte];
      all[k][byte] = (rest >> 8U) ^ all[0][rest & 0xFFU];
    }
  }
  return all;
}();

// ISA-L 2.30 leaves the upper halves of the vector registers as they are after 256 bytes or more,
// and then each SSE instruction that follows, as in any copy of a few words, waits for them: 130 ns
// a record of 256 bytes.
constexpr std::size_t dirtying_bytes = 256;
#ifdef __x86_64__
const bool has_upper_halves = __builtin_cpu_supports("avx");
[[gnu::target("avx")]] void zero_upper_halves() noexcept {
  __builtin_ia32_vzeroupper();
}
void clean_registers() noexcept {
  if (has_upper_halves) zero_upper_halves();
}
#else
void clean_registers() noexcept {
}
#endif

}  // namespace

// ISA-L's crc32_ieee is the unreflected one; crc32_gzip_refl is the CRC-32 that everyone means by
// IEEE.
std::uint32_t crc32(std::uint32_t seed, bytes_view bytes) noexcept {
  const auto sum =
      crc32_gzip_refl(seed, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  if (bytes.size() >= dirtying_bytes) clean_registers();
  return sum;
}

std::uint32_t crc32_of_word(std::uint64_t word) noexcept {
  auto rest = word ^ 0xFFFFFFFFU;
  std::uint32_t sum = 0;
  for (auto k = tables.size(); k-- > 0; rest >>= 8U) sum ^= tables[k][rest & 0xFFU];
  return ~sum;
}

// What `word` adds to the CRC of 0: the tables are linear.
const table counting_crc32::of_lowest_byte = tables.back();

}  // namespace annulus::chunklog
