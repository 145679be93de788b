// Memory that is mapped twice in a row, so that every piece of a ring is one span.
#pragma once

#include <annulus/core/flat_storage.hpp>
#include <annulus/core/mapping.hpp>
#include <annulus/memory.hpp>
#include <annulus/mirror_pool.hpp>
#include <cassert>
#include <cstddef>
#include <utility>

namespace annulus {

/// One memfd mapped twice in a row, so that every piece is one span. Capacity is rounded up to
/// pages::granule: whole pages, huge ones if the policy asks for them. Movable.
class mirrored_storage {
 public:
  static constexpr const char* name = "memfd mapped twice";
  static constexpr bool contiguous = true;

  /// Zeroed memory of its own. Throws std::system_error: errc::bad_capacity, or as
  /// mapping::mirrored does.
  explicit mirrored_storage(std::size_t capacity,
                            const memory_policy& policy = memory_policy::usual())
      : mirrored_storage(
            mirror_pool::lease(mapping::mirrored(checked_capacity(capacity), policy))) {}

  /// Memory on loan from `pool`, not zeroed, which goes back when the storage dies. Throws as
  /// above.
  explicit mirrored_storage(mirror_pool& pool, std::size_t capacity,
                            const memory_policy& policy = memory_policy::usual())
      : mirrored_storage(pool.take(checked_capacity(capacity), policy)) {}

  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

  /// Precondition: offset < capacity(), n <= capacity(). O(1).
  [[nodiscard, gnu::always_inline]] span_pair<std::byte> at(std::size_t offset,
                                                            std::size_t n) const noexcept {
    assert(offset < capacity_ && n <= capacity_);
    return {{data_ + offset, n}, {}};
  }

  /// Counts the memory into `report`, as page_census::count.
  void count(const page_census& census, memory_report& report) const {
    lease_.memory().count(census, report);
  }
  /// What its memory is like now. O(memory mapped by the process). Throws as page_census does.
  [[nodiscard]] memory_report memory() const { return report_of(*this); }

 private:
  explicit mirrored_storage(mirror_pool::lease taken) noexcept
      : lease_(std::move(taken)),
        capacity_(lease_.memory().bytes()),
        data_(lease_.memory().data()) {}

  mirror_pool::lease lease_;
  std::size_t capacity_;
  std::byte* data_;
};

}  // namespace annulus
