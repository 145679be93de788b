// The registry of rings. One called NAME is a header <annulus/NAME.hpp>, which is included here,
// with the type annulus::NAME_ring, which is listed here, and the specialisation
// annulus::variant<NAME_ring>; everything else follows from this file, also what CMake knows.
#pragma once

#include <annulus/futex.hpp>
#include <annulus/mirror.hpp>
#include <annulus/mutex.hpp>
#include <annulus/pipe.hpp>
#include <annulus/registry.hpp>
#include <annulus/segment.hpp>
#include <annulus/spsc.hpp>
#if __has_include(<annulus/own_rings.hpp>)
#include <annulus/own_rings.hpp>  // of CMake: the headers of -DANNULUS_OWN_RINGS, and their types
#else
#define ANNULUS_OWN_TYPES
#endif

namespace annulus {

/// Every registered variant, in the order in which they are told of.
using all_rings = ring_list<pipe_ring, mutex_ring, futex_ring, spsc_ring, mirror_ring,
                            segment_ring ANNULUS_OWN_TYPES>;

}  // namespace annulus
