// Integers in a byte order that does not depend on the machine's. Compilers turn each into one
// move.
#pragma once

#include <concepts>
#include <cstddef>

namespace annulus::chunklog {

template <std::unsigned_integral T>
void store_le(std::byte* to, T value) noexcept {
  for (std::size_t i = 0; i < sizeof(T); ++i) to[i] = static_cast<std::byte>(value >> (8 * i));
}

template <std::unsigned_integral T>
void store_be(std::byte* to, T value) noexcept {
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    to[sizeof(T) - 1 - i] = static_cast<std::byte>(value >> (8 * i));
  }
}

template <std::unsigned_integral T>
T load_le(const std::byte* from) noexcept {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    value = static_cast<T>(value | (std::to_integer<T>(from[i]) << (8 * i)));
  }
  return value;
}

template <std::unsigned_integral T>
T load_be(const std::byte* from) noexcept {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    value = static_cast<T>(value | (std::to_integer<T>(from[sizeof(T) - 1 - i]) << (8 * i)));
  }
  return value;
}

}  // namespace annulus::chunklog
