#include "parsers/allocations.hpp"

#include <cstdlib>
#include <new>

namespace annulus::testing {
namespace {
thread_local allocations total;
}
allocations made_so_far() noexcept {
  return total;
}
}  // namespace annulus::testing

// NOLINTBEGIN(cppcoreguidelines-no-malloc,cppcoreguidelines-owning-memory): what these replace
void* operator new(std::size_t size) {
  ++annulus::testing::total.calls;
  annulus::testing::total.bytes += size;
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
