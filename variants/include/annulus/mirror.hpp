// `mirror`: as `futex`, over memory mapped twice, so that every span is contiguous.
#pragma once

#include <annulus/basic_ring.hpp>
#include <annulus/core/mirrored_storage.hpp>

namespace annulus {

using mirror_ring = basic_ring<mirrored_storage, park_waiting>;

template <>
inline constexpr variant_info variant<mirror_ring>{
    .name = "mirror",
    .storage = mirrored_storage::name,
    .waiting = park_waiting::name,
    .buffered = true,
    .contiguous = mirrored_storage::contiguous,
    .kernel_waits = park_waiting::kernel_waits,
    .source = "virtual ring buffer (double mapping), as the BPF ring buffer",
};

}  // namespace annulus
