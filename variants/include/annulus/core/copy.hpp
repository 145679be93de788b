// The ways in which bytes are copied between the memory of a ring and a caller's.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

#if defined(__SANITIZE_THREAD__)
#define ANNULUS_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define ANNULUS_THREAD_SANITIZER 1
#endif
#endif

namespace annulus {

/// How a large piece is copied. Which is the fastest differs by up to eight times, and from machine
/// to machine: it depends on how a line gets from one core to another (docs/architecture.md).
enum class copy_strategy : std::uint8_t {
  memcpy,       ///< the C library's, whatever it takes for the processor: the portable one
  loop,         ///< line by line and forwards, in the widest registers
  rep,          ///< `rep movsb`, where the processor has it fast
  nontemporal,  ///< stores past the caches, and the fence that they need before a publication
};
inline constexpr std::array<std::string_view, 4> copy_strategy_names{"memcpy", "loop", "rep",
                                                                     "nontemporal"};

/// How the producer copies in and the consumer copies out.
struct copy_pair {
  copy_strategy in = copy_strategy::memcpy;
  copy_strategy out = copy_strategy::memcpy;

  friend bool operator==(const copy_pair&, const copy_pair&) = default;
};

/// "nontemporal:loop", in and out, or one word for both. Nothing for a word that is none.
[[nodiscard]] inline std::optional<copy_pair> parse_copy_pair(std::string_view text) noexcept {
  const auto strategy = [](std::string_view word) -> std::optional<copy_strategy> {
    const auto at = std::find(copy_strategy_names.begin(), copy_strategy_names.end(), word);
    if (at == copy_strategy_names.end()) return {};
    return static_cast<copy_strategy>(at - copy_strategy_names.begin());
  };
  const auto colon = text.find(':');
  const auto in = strategy(text.substr(0, colon));
  const auto out = colon == std::string_view::npos ? in : strategy(text.substr(colon + 1));
  if (!in || !out) return {};
  return copy_pair{*in, *out};
}

namespace detail {

using lane16 = unsigned char __attribute__((vector_size(16)));
using lane32 = unsigned char __attribute__((vector_size(32)));
using lane64 = unsigned char __attribute__((vector_size(64)));
inline constexpr std::size_t copied_bytes = 64;  // at once: a cache line, if it lies so

// `Lane` is one of the machine's registers. Of a wider one GCC 12 makes a detour over the stack.
template <class Lane, std::size_t Bytes>
[[gnu::always_inline]] inline void move(std::byte* to, const std::byte* from) noexcept {
  constexpr auto lanes = Bytes / sizeof(Lane);
  Lane all[lanes];
#pragma GCC unroll 4
  for (std::size_t i = 0; i < lanes; ++i) {
    std::memcpy(&all[i], from + i * sizeof(Lane), sizeof(Lane));
  }
#pragma GCC unroll 4
  for (std::size_t i = 0; i < lanes; ++i) {
    std::memcpy(to + i * sizeof(Lane), &all[i], sizeof(Lane));
  }
}

template <class Lane, std::size_t Bytes = copied_bytes>
[[gnu::always_inline]] inline void copy_lines(std::byte* to, const std::byte* from,
                                              std::size_t n) noexcept {
  for (std::size_t at = 0; at + Bytes <= n; at += Bytes) move<Lane, Bytes>(to + at, from + at);
  // Over some of what the loop has copied.
  if (n % Bytes != 0) move<Lane, Bytes>(to + n - Bytes, from + n - Bytes);
}

using copier = void (*)(std::byte*, const std::byte*, std::size_t) noexcept;

// All of these: n >= 2 * copied_bytes.

[[gnu::noinline]] inline void copy_library(std::byte* to, const std::byte* from,
                                           std::size_t n) noexcept {
  std::memcpy(to, from, n);
}

// The first line over what is not aligned of the target, so that no later store crosses a line.
[[gnu::always_inline]] inline std::size_t align_target(std::byte* to,
                                                       const std::byte* from) noexcept {
  move<lane16, copied_bytes>(to, from);
  return copied_bytes - reinterpret_cast<std::uintptr_t>(to) % copied_bytes;
}

inline void loop_any(std::byte* to, const std::byte* from, std::size_t n) noexcept {
  const auto head = align_target(to, from);
  copy_lines<lane16>(to + head, from + head, n - head);
}

#if defined(__x86_64__)
[[gnu::target("avx2")]] inline void loop_avx2(std::byte* to, const std::byte* from,
                                              std::size_t n) noexcept {
  const auto head = align_target(to, from);
  copy_lines<lane32>(to + head, from + head, n - head);
}
[[gnu::target("avx512f")]] inline void loop_avx512(std::byte* to, const std::byte* from,
                                                   std::size_t n) noexcept {
  const auto head = align_target(to, from);
  copy_lines<lane64>(to + head, from + head, n - head);
}

inline void copy_rep(std::byte* to, const std::byte* from, std::size_t n) noexcept {
  asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
}

// A store past the caches is ordered with no other, so that without the fence a release would not
// publish it.
inline void copy_past_caches(std::byte* to, const std::byte* from, std::size_t n) noexcept {
  const auto head = align_target(to, from);
  auto at = head;
  for (; at + copied_bytes <= n; at += copied_bytes) {
    __m128i lanes[4];
    std::memcpy(lanes, from + at, copied_bytes);
    auto* const line = reinterpret_cast<__m128i*>(to + at);
    for (int i = 0; i < 4; ++i) _mm_stream_si128(line + i, lanes[i]);
  }
  if (at < n) move<lane16, copied_bytes>(to + n - copied_bytes, from + n - copied_bytes);
  _mm_sfence();
}

inline bool has_fast_rep() noexcept {
  unsigned a = 0, b = 0, c = 0, d = 0;
  constexpr unsigned erms = 1U << 9;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & erms) != 0;
}

// By strategy; one that the processor lacks is the library's.
inline const std::array<copier, 4>& copiers() noexcept {
  static const std::array<copier, 4> found{
      copy_library,
      __builtin_cpu_supports("avx512f") ? loop_avx512
      : __builtin_cpu_supports("avx2")  ? loop_avx2
                                        : loop_any,
      has_fast_rep() ? copy_rep : copy_library,
      copy_past_caches,
  };
  return found;
}
#else
inline const std::array<copier, 4>& copiers() noexcept {
  static constexpr std::array<copier, 4> all{copy_library, loop_any, copy_library, copy_library};
  return all;
}
#endif

}  // namespace detail

/// Whether the processor has a way of its own for it; else it is the library's.
[[nodiscard]] inline bool has_copy_strategy(copy_strategy which) noexcept {
  return which == copy_strategy::memcpy ||
         detail::copiers()[static_cast<std::size_t>(which)] != detail::copy_library;
}

/// From this size on a strategy is chosen; a smaller piece costs less than to choose, or little
/// more.
inline constexpr std::size_t worth_choosing = 1024;

/// Copies as `how` says. What it has stored is published by a release after it, whatever it is.
/// Preconditions: n >= worth_choosing; the ranges do not overlap.
inline void copy_as([[maybe_unused]] copy_strategy how, std::byte* to, const std::byte* from,
                    std::size_t n) noexcept {
#if defined(ANNULUS_THREAD_SANITIZER)
  std::memcpy(to, from, n);  // what it looks at
#else
  detail::copiers()[static_cast<std::size_t>(how)](to, from, n);
#endif
}

/// As memcpy, but inline for what is small: a message that was just stored in words is loaded in
/// lanes that the store buffer can forward. Precondition: the ranges do not overlap.
[[gnu::always_inline]] inline void copy_between_cores(std::byte* to, const std::byte* from,
                                                      std::size_t n) noexcept {
  if (n == 0) return;  // an empty span may be of no memory at all, which memcpy may not be given
#if defined(ANNULUS_THREAD_SANITIZER)
  std::memcpy(to, from, n);  // it does not look at accesses of 64 bytes, but it does at memcpy
#else
  constexpr std::size_t worth_a_call = 512;
  if (__builtin_constant_p(n) || n < sizeof(detail::lane16)) {
    std::memcpy(to, from, n);
  } else if (n < detail::copied_bytes) {
    detail::copy_lines<detail::lane16, sizeof(detail::lane16)>(to, from, n);
  } else if (n < worth_a_call) {
    detail::copy_lines<detail::lane16>(to, from, n);
  } else {
    detail::copy_library(to, from, n);  // not inlined, which would be more than the call costs
  }
#endif
}

}  // namespace annulus
