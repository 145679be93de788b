#include "crc32.hpp"

#include <isa-l/crc.h>

#include <array>
#include <cstddef>

namespace annulus::chunklog {
namespace {

using table = std::array<std::uint32_t, 256>;
constexpr std::uint32_t polynomial = 0xEDB88320;

// [k][b]: what byte `b` leaves with k zero bytes behind it (Kounavis and Berry, "Novel
// Table Lookup-Based Algorithms for High-Performance CRC Generation", 2008).
constexpr auto tables = [] {
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

// Polynomials modulo that of the CRC, reflected: bit 31 is the coefficient of 1.
constexpr std::uint32_t unit = 0x80000000;
constexpr std::uint32_t product(std::uint32_t a, std::uint32_t b) {
  std::uint32_t sum = 0;
  for (auto bit = unit; bit != 0; bit >>= 1U) {
    if ((a & bit) != 0) sum ^= b;
    b = (b >> 1U) ^ ((b & 1U) != 0 ? polynomial : 0);
  }
  return sum;
}

// [d][v]: x^(8v * 256^d), by which v * 256^d bytes behind a remainder multiply it.
constexpr auto powers = [] {
  std::array<table, sizeof(std::uint32_t)> all{};
  auto base = unit >> 8U;
  for (auto& digit : all) {
    digit[0] = unit;
    for (std::size_t v = 1; v < digit.size(); ++v) digit[v] = product(digit[v - 1], base);
    base = product(digit.back(), base);
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

std::uint32_t crc32_behind(std::uint32_t crc, std::uint64_t behind) noexcept {
  for (const auto& digit : powers) {
    const auto v = behind & 0xFFU;
    if (v != 0) crc = product(digit[v], crc);
    behind >>= 8U;
  }
  return crc;
}

// What `word` adds to the CRC of 0: the tables are linear.
const table counting_crc32::of_lowest_byte = tables.back();

}  // namespace annulus::chunklog
