// Payloads that say which record they are, and by which life of the log it was written.
#pragma once

#include <annulus/transfer.hpp>
#include <cstdint>
#include <cstring>
#include <functional>
#include <span>
#include <string>

namespace annulus::crash {

/// The payload sizes of a workload, by ID: the same in each life of the log, so that what an
/// earlier one has left lies just where a later one writes.
using sizes = std::function<std::size_t(std::uint64_t id)>;

/// Which lives of the log a payload can be of: bit 0 the first, bit 1 the second. None: corrupt.
using lives = std::uint8_t;
inline constexpr lives first_life = 1;
inline constexpr lives second_life = 2;

inline std::string payload_of(std::uint64_t id, lives life, std::size_t size) {
  std::string text(size, '\0');
  std::uint64_t state = (id << 2U | life) * 0x9E3779B97F4A7C15U;
  for (std::size_t at = 0; at < size; at += sizeof state) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    const auto mixed = state ^ (state >> 29U);
    std::memcpy(text.data() + at, &mixed, std::min(sizeof mixed, size - at));
  }
  return text;
}

inline bytes_view view_of(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

inline lives lives_of(std::uint64_t id, bytes_view payload, std::size_t size) {
  if (payload.size() != size) return 0;
  lives found = 0;
  for (const auto life : {first_life, second_life}) {
    const auto right = payload_of(id, life, size);
    if (size == 0 || std::memcmp(right.data(), payload.data(), size) == 0) found |= life;
  }
  return found;
}

}  // namespace annulus::crash
