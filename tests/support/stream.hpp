// The one stream of bytes that tests send, so that any shift, tear or stale byte shows.
#pragma once

#include <annulus/transfer.hpp>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace annulus::testing {

/// The byte at a position of the stream.
inline std::byte pattern(std::uint64_t position) {
  const auto mixed = (position + 1) * 0x9E3779B97F4A7C15ULL;
  return static_cast<std::byte>(mixed >> 56);
}

inline std::vector<std::byte> pattern_bytes(std::uint64_t from, std::size_t n) {
  std::vector<std::byte> bytes(n);
  for (std::size_t i = 0; i < n; ++i) bytes[i] = pattern(from + i);
  return bytes;
}

/// True if `bytes` is the stream from position `from` on.
inline bool matches(bytes_view bytes, std::uint64_t from) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] != pattern(from + i)) return false;
  }
  return true;
}
inline bool matches(span_pair<const std::byte> data, std::uint64_t from) {
  return matches(data.first, from) && matches(data.second, from + data.first.size());
}

/// Fills a reservation with the stream from position `from` on.
inline void fill(span_pair<std::byte> memory, std::uint64_t from) {
  for (auto piece : {memory.first, memory.second}) {
    for (auto& byte : piece) byte = pattern(from++);
  }
}

/// A cheap deterministic sequence of sizes.
class sizes {
 public:
  explicit sizes(std::uint64_t seed) : state_(seed) {}
  std::size_t next(std::size_t low, std::size_t high) {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return low + static_cast<std::size_t>((state_ >> 33) % (high - low + 1));
  }

 private:
  std::uint64_t state_;
};

}  // namespace annulus::testing
