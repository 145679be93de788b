// `spsc`: as `futex`, but a blocked end spins and yields instead of sleeping. Lowest latency,
// highest CPU.
#pragma once

#include <annulus/basic_ring.hpp>

namespace annulus {

using spsc_ring = basic_ring<flat_storage, yield_waiting>;

template <>
inline constexpr variant_info variant<spsc_ring>{
    .name = "spsc",
    .storage = flat_storage::name,
    .waiting = yield_waiting::name,
    .buffered = true,
    .contiguous = flat_storage::contiguous,
    .kernel_waits = yield_waiting::kernel_waits,
    .source = "Lamport queue, cached indices (MCRingBuffer, rigtorp)",
};

}  // namespace annulus
