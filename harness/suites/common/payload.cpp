#include "suites/common/payload.hpp"

#include <algorithm>
#include <cstring>

#include "suites/common/words.hpp"

namespace annulus::bench {
namespace {

constexpr std::size_t word_bytes = payload_word_bytes;
constexpr std::size_t block_bytes = words_block_bytes;

constexpr std::uint64_t word_at(std::uint64_t position) noexcept {
  return payload_word(position / word_bytes);
}

std::byte byte_at(std::uint64_t position) noexcept {
  return static_cast<std::byte>(word_at(position) >> (position % word_bytes * 8));
}

// Bytes before the first whole word.
std::size_t ragged(std::uint64_t position, std::size_t n) noexcept {
  return std::min<std::size_t>((word_bytes - position % word_bytes) % word_bytes, n);
}

// Inlined into one function for each instruction set.
template <class Vector>
struct lanes_of {
  static constexpr std::size_t width = sizeof(Vector) / word_bytes;
  static constexpr std::size_t many = block_bytes / sizeof(Vector);
  static constexpr std::uint64_t step = block_bytes / word_bytes * payload_step;

  [[gnu::always_inline]] static void begin(Vector (&next)[many], std::uint64_t position) noexcept {
    for (std::size_t i = 0; i < block_bytes / word_bytes; ++i) {
      next[i / width][i % width] = word_at(position + i * word_bytes);
    }
  }

  [[gnu::always_inline]] static void fill(std::byte* to, std::size_t n,
                                          std::uint64_t position) noexcept {
    Vector next[many];
    begin(next, position);
    for (std::size_t at = 0; at < n; at += block_bytes) {
      for (std::size_t i = 0; i < many; ++i) {
        std::memcpy(to + at + i * sizeof(Vector), &next[i], sizeof(Vector));
        next[i] += step;
      }
    }
  }

  [[gnu::always_inline]] static std::uint64_t check(const std::byte* from, std::size_t n,
                                                    std::uint64_t position) noexcept {
    Vector next[many];
    begin(next, position);
    Vector seen[many]{};
    for (std::size_t at = 0; at < n; at += block_bytes) {
      for (std::size_t i = 0; i < many; ++i) {
        Vector found;
        std::memcpy(&found, from + at + i * sizeof(Vector), sizeof(Vector));
        seen[i] |= found ^ next[i];
        next[i] += step;
      }
    }
    std::uint64_t all = 0;
    for (const auto& each : seen) {
      for (std::size_t i = 0; i < width; ++i) all |= each[i];
    }
    return all;
  }
};

using filler = void (*)(std::byte*, std::size_t, std::uint64_t) noexcept;
using checker = std::uint64_t (*)(const std::byte*, std::size_t, std::uint64_t) noexcept;

void fill_any(std::byte* to, std::size_t n, std::uint64_t position) noexcept {
  lanes_of<words_16>::fill(to, n, position);
}
std::uint64_t check_any(const std::byte* from, std::size_t n, std::uint64_t position) noexcept {
  return lanes_of<words_16>::check(from, n, position);
}

#if defined(__x86_64__)
[[gnu::target("avx2")]] void fill_avx2(std::byte* to, std::size_t n,
                                       std::uint64_t position) noexcept {
  lanes_of<words_32>::fill(to, n, position);
}
[[gnu::target("avx2")]] std::uint64_t check_avx2(const std::byte* from, std::size_t n,
                                                 std::uint64_t position) noexcept {
  return lanes_of<words_32>::check(from, n, position);
}
[[gnu::target("avx512f")]] void fill_avx512(std::byte* to, std::size_t n,
                                            std::uint64_t position) noexcept {
  lanes_of<words_64>::fill(to, n, position);
}
[[gnu::target("avx512f")]] std::uint64_t check_avx512(const std::byte* from, std::size_t n,
                                                      std::uint64_t position) noexcept {
  return lanes_of<words_64>::check(from, n, position);
}
const bool has_avx512 = __builtin_cpu_supports("avx512f") != 0;
const bool has_avx2 = __builtin_cpu_supports("avx2") != 0;
const filler fill_widest = has_avx512 ? fill_avx512 : has_avx2 ? fill_avx2 : fill_any;
const checker check_widest = has_avx512 ? check_avx512 : has_avx2 ? check_avx2 : check_any;
#else
const filler fill_widest = fill_any;
const checker check_widest = check_any;
#endif

}  // namespace

void fill(bytes_span to, std::uint64_t position) noexcept {
  const auto head = ragged(position, to.size());
  for (std::size_t i = 0; i < head; ++i) to[i] = byte_at(position + i);
  const auto wide = (to.size() - head) / block_bytes * block_bytes;
  fill_widest(to.data() + head, wide, position + head);
  for (std::size_t i = head + wide; i < to.size(); ++i) to[i] = byte_at(position + i);
}

std::uint64_t difference(bytes_view from, std::uint64_t position) noexcept {
  const auto head = ragged(position, from.size());
  const auto wide = (from.size() - head) / block_bytes * block_bytes;
  std::uint64_t found = check_widest(from.data() + head, wide, position + head);
  for (std::size_t i = 0; i < head; ++i) found |= from[i] != byte_at(position + i) ? 1U : 0U;
  for (std::size_t i = head + wide; i < from.size(); ++i) {
    found |= from[i] != byte_at(position + i) ? 1U : 0U;
  }
  return found;
}

}  // namespace annulus::bench
