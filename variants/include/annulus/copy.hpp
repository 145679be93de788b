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
using lane64 = unsigned char __attribute__((vector_size(64)));

// Line by line and forwards. From about 4 KiB on memcpy would leave the copy to `rep movsb`, which
// takes lines from the other core more slowly than plain loads and stores do.
template <class Lane>
[[gnu::always_inline]] inline void copy_lines(std::byte* to, const std::byte* from,
                                              std::size_t n) noexcept {
  constexpr auto line = sizeof(Lane);
  const auto move = [&](std::size_t at) {
    Lane bytes;
    std::memcpy(&bytes, from + at, line);
    std::memcpy(to + at, &bytes, line);
  };
  for (std::size_t at = 0; at + line <= n; at += line) move(at);
  if (n % line != 0) move(n - line);  // over some of what the loop has copied
}

using copier = void (*)(std::byte*, const std::byte*, std::size_t) noexcept;

inline void copy_any(std::byte* to, const std::byte* from, std::size_t n) noexcept {
  copy_lines<lane64>(to, from, n);
}
#if defined(__x86_64__)
[[gnu::target("avx2")]] inline void copy_avx2(std::byte* to, const std::byte* from,
                                              std::size_t n) noexcept {
  copy_lines<lane64>(to, from, n);
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
  } else if (n < sizeof(detail::lane64)) {
    detail::copy_lines<detail::lane16>(to, from, n);
  } else if (n < worth_a_call) {
    detail::copy_lines<detail::lane64>(to, from, n);
  } else {
    detail::copy_widest(to, from, n);
  }
#endif
}

}  // namespace annulus
