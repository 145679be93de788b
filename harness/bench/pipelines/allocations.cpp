#include "pipelines/allocations.hpp"

#include <cstdlib>
#include <new>

namespace annulus::bench {
namespace {
thread_local std::uint64_t made = 0;
}
std::uint64_t allocations_of_this_thread() noexcept {
  return made;
}
}  // namespace annulus::bench

#if ANNULUS_OWN_OPERATOR_NEW

// NOLINTBEGIN(cppcoreguidelines-no-malloc,cppcoreguidelines-owning-memory): what these replace
void* operator new(std::size_t size) {
  ++annulus::bench::made;
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
