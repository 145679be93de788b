// `futex`: lock-free indices over a flat block; parks on a futex only when it must. The default.
#pragma once

#include <annulus/basic_ring.hpp>
#if defined(ANNULUS_SLOWED)
#include <annulus/slowed.hpp>
#endif

namespace annulus {

#if defined(ANNULUS_SLOWED)
using futex_ring = basic_ring<flat_storage, park_waiting, detail::slowed_platform>;
#else
using futex_ring = basic_ring<flat_storage, park_waiting>;
#endif

template <>
inline constexpr variant_info variant<futex_ring>{
    .name = "futex",
    .storage = flat_storage::name,
    .waiting = park_waiting::name,
    .buffered = true,
    .contiguous = flat_storage::contiguous,
    .kernel_waits = park_waiting::kernel_waits,
    .source = "Lamport queue, cached indices (MCRingBuffer, rigtorp), event count",
};

}  // namespace annulus
