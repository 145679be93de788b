// Counts what the program allocates, so that it can show that it allocates nothing, or little.
#pragma once

#include <cstdint>

namespace annulus::bench {

struct allocation_counts {
  std::uint64_t calls = 0;
  std::uint64_t bytes = 0;
};

/// By operator new, by this thread, so far. Always 0 under ThreadSanitizer, which brings an
/// operator new of its own.
allocation_counts allocations_of_this_thread() noexcept;

}  // namespace annulus::bench
