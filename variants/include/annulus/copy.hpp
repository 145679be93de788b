// Copying between the memory of a ring and a caller's.
#pragma once

#include <cstddef>
#include <cstring>

#if defined(__SANITIZE_THREAD__)
#define ANNULUS_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define ANNULUS_THREAD_SANITIZER 1
#endif
#endif

namespace annulus {

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

// Line by line and forwards. From about 4 KiB on memcpy would leave the copy to `rep movsb`, which
// takes lines from the other core more slowly than plain loads and stores do.
template <class Lane, std::size_t Bytes = copied_bytes>
[[gnu::always_inline]] inline void copy_lines(std::byte* to, const std::byte* from,
                                              std::size_t n) noexcept {
  for (std::size_t at = 0; at + Bytes <= n; at += Bytes) move<Lane, Bytes>(to + at, from + at);
  // Over some of what the loop has copied.
  if (n % Bytes != 0) move<Lane, Bytes>(to + n - Bytes, from + n - Bytes);
}

using copier = void (*)(std::byte*, const std::byte*, std::size_t) noexcept;

inline void copy_any(std::byte* to, const std::byte* from, std::size_t n) noexcept {
  copy_lines<lane16>(to, from, n);
}
#if defined(__x86_64__)
[[gnu::target("avx2")]] inline void copy_avx2(std::byte* to, const std::byte* from,
                                              std::size_t n) noexcept {
  copy_lines<lane32>(to, from, n);
}
[[gnu::target("avx512f")]] inline void copy_avx512(std::byte* to, const std::byte* from,
                                                   std::size_t n) noexcept {
  copy_lines<lane64>(to, from, n);
}
inline const copier copy_widest = __builtin_cpu_supports("avx512f") ? copy_avx512
                                  : __builtin_cpu_supports("avx2")  ? copy_avx2
                                                                    : copy_any;
#else
inline constexpr copier copy_widest = copy_any;
#endif

}  // namespace detail

/// As memcpy, but quicker between cores, and inline for what is small: a message that was just
/// stored in words is loaded in lanes that the store buffer can forward. Precondition: the ranges
/// do not overlap.
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
    detail::copy_widest(to, from, n);
  }
#endif
}

}  // namespace annulus
