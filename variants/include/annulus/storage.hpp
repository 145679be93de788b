// Where the bytes of a ring live. A storage maps (offset, length) to one or two spans of its
// memory.
#pragma once

#include <algorithm>
#include <annulus/error.hpp>
#include <annulus/mapping.hpp>
#include <annulus/memory.hpp>
#include <annulus/mirror_pool.hpp>
#include <annulus/page_census.hpp>
#include <annulus/transfer.hpp>
#include <cstddef>
#include <system_error>
#include <utility>

namespace annulus {

/// The largest capacity: indices count bytes for ever in 64 bits, and a mirrored ring maps it
/// twice.
inline constexpr std::size_t max_capacity = std::size_t{1} << 46;

/// Returns `capacity`, or throws std::system_error(errc::bad_capacity).
inline std::size_t checked_capacity(std::size_t capacity) {
  if (capacity == 0 || capacity > max_capacity)
    throw std::system_error(make_error_code(errc::bad_capacity));
  return capacity;
}

/// One block of exactly the capacity asked for; a piece that crosses its end is two spans. Movable.
class flat_storage {
 public:
  static constexpr const char* name = "flat";
  static constexpr bool contiguous = false;

  /// Zeroed memory of its own. Throws std::system_error: errc::bad_capacity, or as
  /// mapping::anonymous does.
  explicit flat_storage(std::size_t capacity, const memory_policy& policy = {})
      : capacity_(checked_capacity(capacity)),
        owned_(mapping::anonymous(capacity, policy)),
        data_(owned_.data()) {}

  /// The caller's memory, of any alignment, which must outlive the storage and the ring that it is
  /// moved into, and is nobody else's meanwhile. Nothing outside it is touched; what is in it is
  /// overwritten. Throws std::system_error(errc::bad_capacity) if it is empty or too large.
  explicit flat_storage(bytes_span memory)
      : capacity_(checked_capacity(memory.size())), data_(memory.data()) {}

  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

  /// Precondition: offset < capacity(), n <= capacity(). O(1).
  [[nodiscard, gnu::always_inline]] span_pair<std::byte> at(std::size_t offset,
                                                            std::size_t n) const noexcept {
    const auto head = std::min(n, capacity_ - offset);
    return {{data_ + offset, head}, {data_, n - head}};
  }

  /// Counts the memory into `report`, as page_census::count.
  void count(const page_census& census, memory_report& report) const {
    if (owned_.data() != nullptr) return owned_.count(census, report);
    census.count({data_, capacity_}, {}, report);
  }
  /// What its memory is like now. O(memory mapped by the process). Throws as page_census does.
  [[nodiscard]] memory_report memory() const { return report_of(*this); }

 private:
  std::size_t capacity_;
  mapping owned_;
  std::byte* data_;
};

/// One memfd mapped twice in a row, so that every piece is one span. Capacity is rounded up to
/// pages::granule: whole pages, huge ones if the policy asks for them. Movable.
class mirrored_storage {
 public:
  static constexpr const char* name = "memfd mapped twice";
  static constexpr bool contiguous = true;

  /// Zeroed memory of its own. Throws std::system_error: errc::bad_capacity, or as
  /// mapping::mirrored does.
  explicit mirrored_storage(std::size_t capacity, const memory_policy& policy = {})
      : mirrored_storage(
            mirror_pool::lease(mapping::mirrored(checked_capacity(capacity), policy))) {}

  /// Memory on loan from `pool`, not zeroed, which goes back when the storage dies. Throws as
  /// above.
  explicit mirrored_storage(mirror_pool& pool, std::size_t capacity,
                            const memory_policy& policy = {})
      : mirrored_storage(pool.take(checked_capacity(capacity), policy)) {}

  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

  /// Precondition: offset < capacity(), n <= capacity(). O(1).
  [[nodiscard, gnu::always_inline]] span_pair<std::byte> at(std::size_t offset,
                                                            std::size_t n) const noexcept {
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
