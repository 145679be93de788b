// Sweeps that a sanitizer sees a part of.
#pragma once

#include <cstddef>

namespace annulus::support {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool sanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif
#else
inline constexpr bool sanitized = false;
#endif

/// The step of a sweep over like cases, which take the same ways through the code: all of them
/// without a sanitizer, with which each takes several times as long.
#ifdef ANNULUS_THOROUGH
inline constexpr std::size_t thinned = 1;
#else
inline constexpr std::size_t thinned = sanitized ? 5 : 1;
#endif

}  // namespace annulus::support
