// The unique payload of a stream: every aligned word of it occurs once, so that a byte out of place
// shows whatever went wrong, at one comparison a byte.
#pragma once

#include <algorithm>
#include <annulus/transfer.hpp>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace annulus::stress {

/// Splitmix64, a bijection of the word's number.
inline std::uint64_t word(std::uint64_t seed, std::uint64_t number) {
  auto mixed = seed + (number + 1) * 0x9E3779B97F4A7C15ULL;
  mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9ULL;
  mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBULL;
  return mixed ^ (mixed >> 31);
}

/// A window of the stream that moves forward; each byte is made once, or twice at its edges.
class payload {
 public:
  explicit payload(std::uint64_t seed) : seed_(seed) {}

  /// Bytes [from, from + n). Valid until the next call. `from` never goes back.
  bytes_view at(std::uint64_t from, std::size_t n) {
    if (from < begin_ || from + n > begin_ + bytes_.size()) {
      begin_ = from / word_bytes * word_bytes;
      const auto needed = static_cast<std::size_t>(from - begin_) + n;
      bytes_.resize((std::max(2 * needed, window) + word_bytes - 1) / word_bytes * word_bytes);
      for (std::size_t i = 0; i < bytes_.size(); i += word_bytes) {
        const auto value = word(seed_, (begin_ + i) / word_bytes);
        std::memcpy(&bytes_[i], &value, word_bytes);
      }
    }
    return bytes_view(bytes_).subspan(static_cast<std::size_t>(from - begin_), n);
  }

  /// Whether `data` is the stream from position `from` on.
  bool matches(bytes_view data, std::uint64_t from) {
    const auto expected = at(from, data.size());
    return std::equal(data.begin(), data.end(), expected.begin());
  }

 private:
  static constexpr std::size_t word_bytes = sizeof(std::uint64_t);
  static constexpr std::size_t window = std::size_t{64} << 10;

  std::uint64_t seed_;
  std::uint64_t begin_ = 0;
  std::vector<std::byte> bytes_;
};

}  // namespace annulus::stress
