// Where the bytes of a ring live, the simple way: one block. A storage maps (offset, length) to one
// or two spans of its memory.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <annulus/error.hpp>
#include <annulus/transfer.hpp>
#include <cassert>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <system_error>

namespace annulus {

class page_census;
struct memory_policy;
struct memory_report;

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

  /// Zeroed pages of its own, all there: as of memory_policy::usual(). Throws std::system_error:
  /// errc::bad_capacity, or the kernel's reason.
  explicit flat_storage(std::size_t capacity)
      : capacity_(checked_capacity(capacity)),
        held_(whole_pages(capacity)),
        owned_(pages_for(capacity)),
        data_(owned_.get()) {}

  /// The same under `policy`; what that needs is in <annulus/memory.hpp>. Throws as
  /// mapping::anonymous does.
  flat_storage(std::size_t capacity, const memory_policy& policy);

  /// The caller's memory, of any alignment, which must outlive the storage and the ring that it is
  /// moved into, and is nobody else's meanwhile. Nothing outside it is touched; what is in it is
  /// overwritten. Throws std::system_error(errc::bad_capacity) if it is empty or too large.
  explicit flat_storage(bytes_span memory)
      : capacity_(checked_capacity(memory.size())), held_(capacity_), data_(memory.data()) {}

  flat_storage(flat_storage&&) noexcept = default;
  flat_storage& operator=(flat_storage&&) noexcept = default;
  flat_storage(const flat_storage&) = delete;
  flat_storage& operator=(const flat_storage&) = delete;
  ~flat_storage() = default;

  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

  /// Precondition: offset < capacity(), n <= capacity(). O(1).
  [[nodiscard, gnu::always_inline]] span_pair<std::byte> at(std::size_t offset,
                                                            std::size_t n) const noexcept {
    assert(offset < capacity_ && n <= capacity_);
    const auto head = std::min(n, capacity_ - offset);
    return {{data_ + offset, head}, {data_, n - head}};
  }

  /// Counts the memory into `report`, as page_census::count; in <annulus/memory.hpp>.
  void count(const page_census& census, memory_report& report) const;
  /// What its memory is like now; in <annulus/memory.hpp>. O(memory mapped by the process). Throws
  /// as page_census does.
  [[nodiscard]] memory_report memory() const;

 private:
  static constexpr std::size_t huge_bytes = std::size_t{2} << 20;

  // A ring that is large enough asks for transparent huge pages, and its pages are there before it
  // is used: the first touch of a base page costs up to 19 microseconds in a virtual machine, in
  // the middle of somebody's write.
  static std::shared_ptr<std::byte> pages_for(std::size_t bytes) {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const bool huge = bytes >= huge_bytes;
    const auto granule = huge ? huge_bytes : page;
    const auto held = whole_pages(bytes);
    if (held / page > static_cast<std::size_t>(sysconf(_SC_PHYS_PAGES))) {
      errno = ENOMEM;  // where the kernel would take it from everybody, and then kill somebody
      refuse(bytes, "had");
    }
    // With an inaccessible page at least on both sides.
    const auto whole = held + granule + page;
    void* const from =
        mmap(nullptr, whole, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (from == MAP_FAILED) refuse(bytes, "mapped");
    auto* const first = static_cast<std::byte*>(from);
    const auto start = reinterpret_cast<std::uintptr_t>(from);
    auto* const data = first + ((start + page + granule - 1) / granule * granule - start);
    std::shared_ptr<std::byte> owner(data, [first, whole](std::byte*) { munmap(first, whole); });
    if (mprotect(data, held, PROT_READ | PROT_WRITE) != 0) refuse(bytes, "mapped");
    madvise(data, held, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
    while (madvise(data, held, MADV_POPULATE_WRITE) != 0) {
      if (errno == EINVAL) break;  // a kernel before 5.14: they come as they are touched
      if (errno != EINTR && errno != EAGAIN) refuse(bytes, "had");
    }
    return owner;
  }
  static std::size_t whole_pages(std::size_t bytes) noexcept {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    return (bytes + page - 1) / page * page;
  }
  [[noreturn]] static void refuse(std::size_t bytes, const char* what) {
    throw std::system_error(errno, std::generic_category(),
                            "ring memory of " + std::to_string(bytes) + " bytes cannot be " + what);
  }

  std::size_t capacity_;
  std::size_t held_;                  // bytes of memory
  std::shared_ptr<std::byte> owned_;  // a block of any origin, which knows how it is given back
  std::byte* data_;
};

}  // namespace annulus
