// 64-bit words side by side, as many as a vector of an instruction set holds. Of vectors wider than
// the instruction set's GCC 12 makes a detour over the stack, at a tenth of the speed.
#pragma once

#include <cstddef>
#include <cstdint>

namespace annulus::bench {

using words_16 = std::uint64_t __attribute__((vector_size(16)));
using words_32 = std::uint64_t __attribute__((vector_size(32)));
using words_64 = std::uint64_t __attribute__((vector_size(64)));

/// A whole number of each.
inline constexpr std::size_t words_block_bytes = sizeof(words_64);

}  // namespace annulus::bench
