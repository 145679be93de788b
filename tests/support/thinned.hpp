// Sweeps that a sanitizer sees a part of.
#pragma once

#include <cstddef>

namespace annulus::support {

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ANNULUS_ADDRESSES
#elif __has_feature(thread_sanitizer)
#define ANNULUS_THREADS
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define ANNULUS_ADDRESSES
#elif defined(__SANITIZE_THREAD__)
#define ANNULUS_THREADS
#endif

#if defined(ANNULUS_ADDRESSES) || defined(ANNULUS_THREADS)
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif

/// The step of a sweep over like cases, which take the same ways through the code: all of them
/// without a sanitizer, with which each takes several times as long. Their threads are more alike
/// than their addresses.
#if defined(ANNULUS_THOROUGH)
inline constexpr std::size_t thinned = 1;
#elif defined(ANNULUS_THREADS)
inline constexpr std::size_t thinned = 15;
#else
inline constexpr std::size_t thinned = sanitized ? 5 : 1;
#endif

/// Whether only mistakes of addressing are looked for.
#if !defined(ANNULUS_THOROUGH) && defined(ANNULUS_ADDRESSES)
inline constexpr bool only_addresses = true;
#else
inline constexpr bool only_addresses = false;
#endif

}  // namespace annulus::support
