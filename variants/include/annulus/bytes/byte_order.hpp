// Integers in memory, in a byte order that does not depend on the machine's. Each is one move, and
// a swap of its bytes where the orders differ: of a loop over eight bytes GCC 12 makes eight moves.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace annulus {

/// `value` with its bytes as they lie in memory in `Order`; the other way round, too. O(1).
template <std::endian Order, std::unsigned_integral T>
[[nodiscard]] T in_order(T value) noexcept {
  if constexpr (Order == std::endian::native || sizeof(T) == 1) {
    return value;
  } else if constexpr (sizeof(T) == sizeof(std::uint16_t)) {
    return __builtin_bswap16(value);
  } else if constexpr (sizeof(T) == sizeof(std::uint32_t)) {
    return __builtin_bswap32(value);
  } else {
    static_assert(sizeof(T) == sizeof(std::uint64_t));
    return __builtin_bswap64(value);
  }
}

// Precondition of the four: sizeof(T) bytes at the address, which need not be aligned. O(1).

/// Little-endian: the lowest byte first.
template <std::unsigned_integral T>
void store_le(std::byte* to, T value) noexcept {
  value = in_order<std::endian::little>(value);
  std::memcpy(to, &value, sizeof value);
}

/// Big-endian: the highest byte first.
template <std::unsigned_integral T>
void store_be(std::byte* to, T value) noexcept {
  value = in_order<std::endian::big>(value);
  std::memcpy(to, &value, sizeof value);
}

template <std::unsigned_integral T>
[[nodiscard]] T load_le(const std::byte* from) noexcept {
  T value = 0;
  std::memcpy(&value, from, sizeof value);
  return in_order<std::endian::little>(value);
}

template <std::unsigned_integral T>
[[nodiscard]] T load_be(const std::byte* from) noexcept {
  T value = 0;
  std::memcpy(&value, from, sizeof value);
  return in_order<std::endian::big>(value);
}

}  // namespace annulus
