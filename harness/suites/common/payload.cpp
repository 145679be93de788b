#include "suites/common/payload.hpp"

#include <algorithm>
#include <cstring>

namespace annulus::bench {
namespace {

constexpr std::size_t word_bytes = payload_word_bytes;
constexpr std::size_t lane_bytes = 64;
constexpr std::size_t lanes = lane_bytes / word_bytes;
constexpr std::uint64_t step = payload_step;

using lane = std::uint64_t __attribute__((vector_size(lane_bytes)));

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

// Inlined into one function for each instruction set, which the compiler then vectorises for it.
[[gnu::always_inline]] inline void fill_lanes(std::byte* to, std::size_t n,
                                              std::uint64_t position) noexcept {
  lane next{};
  for (std::size_t i = 0; i < lanes; ++i) next[i] = word_at(position + i * word_bytes);
  for (std::size_t at = 0; at < n; at += lane_bytes) {
    std::memcpy(to + at, &next, lane_bytes);
    next += lanes * step;
  }
}

[[gnu::always_inline]] inline std::uint64_t check_lanes(const std::byte* from, std::size_t n,
                                                        std::uint64_t position) noexcept {
  lane next{};
  for (std::size_t i = 0; i < lanes; ++i) next[i] = word_at(position + i * word_bytes);
  lane seen{};
  for (std::size_t at = 0; at < n; at += lane_bytes) {
    lane found;
    std::memcpy(&found, from + at, lane_bytes);
    seen |= found ^ next;
    next += lanes * step;
  }
  std::uint64_t all = 0;
  for (std::size_t i = 0; i < lanes; ++i) all |= seen[i];
  return all;
}

using filler = void (*)(std::byte*, std::size_t, std::uint64_t) noexcept;
using checker = std::uint64_t (*)(const std::byte*, std::size_t, std::uint64_t) noexcept;

void fill_any(std::byte* to, std::size_t n, std::uint64_t position) noexcept {
  fill_lanes(to, n, position);
}
std::uint64_t check_any(const std::byte* from, std::size_t n, std::uint64_t position) noexcept {
  return check_lanes(from, n, position);
}

#if defined(__x86_64__)
[[gnu::target("avx2")]] void fill_avx2(std::byte* to, std::size_t n,
                                       std::uint64_t position) noexcept {
  fill_lanes(to, n, position);
}
[[gnu::target("avx2")]] std::uint64_t check_avx2(const std::byte* from, std::size_t n,
                                                 std::uint64_t position) noexcept {
  return check_lanes(from, n, position);
}
[[gnu::target("avx512f")]] void fill_avx512(std::byte* to, std::size_t n,
                                            std::uint64_t position) noexcept {
  fill_lanes(to, n, position);
}
[[gnu::target("avx512f")]] std::uint64_t check_avx512(const std::byte* from, std::size_t n,
                                                      std::uint64_t position) noexcept {
  return check_lanes(from, n, position);
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
  const auto wide = (to.size() - head) / lane_bytes * lane_bytes;
  fill_widest(to.data() + head, wide, position + head);
  for (std::size_t i = head + wide; i < to.size(); ++i) to[i] = byte_at(position + i);
}

std::uint64_t difference(bytes_view from, std::uint64_t position) noexcept {
  const auto head = ragged(position, from.size());
  const auto wide = (from.size() - head) / lane_bytes * lane_bytes;
  std::uint64_t found = check_widest(from.data() + head, wide, position + head);
  for (std::size_t i = 0; i < head; ++i) found |= from[i] != byte_at(position + i) ? 1U : 0U;
  for (std::size_t i = head + wide; i < from.size(); ++i) {
    found |= from[i] != byte_at(position + i) ? 1U : 0U;
  }
  return found;
}

}  // namespace annulus::bench
