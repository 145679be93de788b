// Counts what the program allocates.
#pragma once

#include <cstdint>

namespace annulus::testing {

struct allocations {
  std::uint64_t calls = 0;
  std::uint64_t bytes = 0;
};

/// All allocations of this thread so far.
allocations made_so_far() noexcept;

}  // namespace annulus::testing
