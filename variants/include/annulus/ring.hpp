// The ring that a program selected: -DANNULUS_RING=NAME, of CMake or of the compiler; else `futex`.
#pragma once

#if !defined(ANNULUS_RING) && __has_include(<annulus/selected_ring.hpp>)
#include <annulus/selected_ring.hpp>  // of CMake
#endif
#if !defined(ANNULUS_RING)
#define ANNULUS_RING futex
#endif

// A path, which is no expression.
// clang-format off
#define ANNULUS_QUOTED(text) #text
#define ANNULUS_HEADER(name) ANNULUS_QUOTED(annulus/name.hpp)
// clang-format on
#define ANNULUS_JOINED(name, suffix) name##suffix
#define ANNULUS_TYPE(name) ANNULUS_JOINED(name, _ring)

#include ANNULUS_HEADER(ANNULUS_RING)

namespace annulus {

/// All variants keep one contract (annulus/contract.hpp), so code written against `annulus::ring`
/// compiles and means the same with each. One program, one choice: it is the same type everywhere.
using ring = ANNULUS_TYPE(ANNULUS_RING);

}  // namespace annulus

#undef ANNULUS_TYPE
#undef ANNULUS_JOINED
#undef ANNULUS_HEADER
#undef ANNULUS_QUOTED
