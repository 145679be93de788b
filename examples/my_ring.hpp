// `my`: a ring of one's own, as an example. A *storage* says where the bytes of a ring live; with a
// *waiting* policy, annulus::basic_ring makes the whole contract of it. To test, measure and use it
// like any other ring: cmake --preset release -DANNULUS_OWN_RINGS=examples/my_ring.hpp
// The rule is the one of the registry: NAME_ring.hpp defines annulus::NAME_ring and describes it.
#pragma once

#include <algorithm>
#include <annulus/basic_ring.hpp>
#include <annulus/memory.hpp>
#include <string>
#include <vector>

namespace annulus {

/// Bytes from the heap: for many small rings that come and go, since nothing is mapped. Movable.
class heap_storage {
 public:
  static constexpr const char* name = "heap";
  static constexpr bool contiguous = false;  // a piece that crosses the end is two spans

  /// Throws std::system_error: errc::bad_capacity, and errc::no_memory_policy for any policy that
  /// asks for more than a ring has by itself, since the heap takes none.
  explicit heap_storage(std::size_t capacity, const memory_policy& policy = {})
      : bytes_(checked_capacity(capacity)) {
    if (policy == memory_policy{} || policy == memory_policy::usual()) return;
    throw std::system_error(make_error_code(errc::no_memory_policy),
                            "heap memory of " + std::to_string(capacity) + " bytes");
  }

  [[nodiscard]] std::size_t capacity() const noexcept { return bytes_.size(); }
  /// The n bytes from `offset` on, the first byte following the last. O(1), on every path.
  [[nodiscard]] span_pair<std::byte> at(std::size_t offset, std::size_t n) const noexcept {
    const auto head = std::min(n, bytes_.size() - offset);
    return {{bytes_.data() + offset, head}, {bytes_.data(), n - head}};
  }
  /// What its memory is like now. O(memory mapped by the process).
  [[nodiscard]] memory_report memory() const {
    memory_report report;
    page_census().count(bytes_, {}, report);
    return report;
  }

 private:
  mutable std::vector<std::byte> bytes_;  // the ends write to it, and the ring hands it out const
};

using my_ring = basic_ring<heap_storage, condvar_waiting>;

/// The line of `annulus variants`.
template <>
inline constexpr variant_info variant<my_ring>{
    .name = "my",
    .storage = heap_storage::name,
    .waiting = condvar_waiting::name,
    .buffered = true,
    .contiguous = heap_storage::contiguous,
    .kernel_waits = condvar_waiting::kernel_waits,
    .source = "an example of a ring of one's own: examples/my_ring.hpp",
};

}  // namespace annulus
