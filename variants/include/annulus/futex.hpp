// `futex`: lock-free indices over a flat block; parks on a futex only when it must. The default.
#pragma once

#include <annulus/basic_ring.hpp>

namespace annulus {

using futex_ring = basic_ring<flat_storage, park_waiting>;

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
