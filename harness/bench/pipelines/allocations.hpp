// Counts what the program allocates, so that a steady state can show that it allocates nothing.
#pragma once

#include <cstdint>

namespace annulus::bench {

/// Calls of operator new by this thread so far. Always 0 under ThreadSanitizer, which brings an
/// operator new of its own.
std::uint64_t allocations_of_this_thread() noexcept;

}  // namespace annulus::bench
