#include "suites/pipes/allocations.hpp"

#include <annulus/core/copy.hpp>  // ANNULUS_THREAD_SANITIZER
#include <cstdlib>
#include <new>

namespace annulus::bench {
namespace {
thread_local allocation_counts made;
}
allocation_counts allocations_of_this_thread() noexcept {
  return made;
}
}  // namespace annulus::bench

#if !defined(ANNULUS_THREAD_SANITIZER)

// NOLINTBEGIN(cppcoreguidelines-no-malloc,cppcoreguidelines-owning-memory): what these replace
void* operator new(std::size_t size) {
  ++annulus::bench::made.calls;
  annulus::bench::made.bytes += size;
  if (void* const memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
// NOLINTEND(cppcoreguidelines-no-malloc,cppcoreguidelines-owning-memory)

#endif
