// Where the bytes of a ring live. A storage maps (offset, length) to one or two spans of its
// memory.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <annulus/error.hpp>
#include <annulus/transfer.hpp>
#include <cerrno>
#include <cstddef>
#include <system_error>
#include <utility>

namespace annulus {

/// Owned pages. Untouched pages cost no memory, and first touch decides their NUMA node.
class mapping {
 public:
  mapping() = default;
  mapping(void* address, std::size_t bytes) noexcept
      : data_(static_cast<std::byte*>(address)), bytes_(bytes) {}
  mapping(mapping&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  mapping& operator=(mapping&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  mapping(const mapping&) = delete;
  mapping& operator=(const mapping&) = delete;
  ~mapping() {
    if (data_ != nullptr) munmap(data_, bytes_);
  }

  /// Anonymous zeroed pages. Throws std::system_error with the kernel's reason.
  static mapping anonymous(std::size_t bytes) {
    return {mapped(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1), bytes};
  }

  /// The pages of `fd` twice in a row. Throws std::system_error with the kernel's reason.
  static mapping twice(int fd, std::size_t bytes) {
    mapping whole(mapped(nullptr, 2 * bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1),
                  2 * bytes);
    for (auto* half : {whole.data_, whole.data_ + bytes}) {
      mapped(half, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd);
    }
    return whole;
  }

  [[nodiscard]] std::byte* data() const noexcept { return data_; }

 private:
  static void* mapped(void* where, std::size_t bytes, int protection, int flags, int fd) {
    void* address = mmap(where, bytes, protection, flags, fd, 0);
    if (address == MAP_FAILED)
      throw std::system_error(errno, std::generic_category(), "mmap of ring memory");
    return address;
  }

  std::byte* data_ = nullptr;
  std::size_t bytes_ = 0;
};

/// The largest capacity: indices count bytes for ever in 64 bits, and a mirrored ring maps it
/// twice.
inline constexpr std::size_t max_capacity = std::size_t{1} << 46;

/// Returns `capacity`, or throws std::system_error(errc::bad_capacity).
inline std::size_t checked_capacity(std::size_t capacity) {
  if (capacity == 0 || capacity > max_capacity)
    throw std::system_error(make_error_code(errc::bad_capacity));
  return capacity;
}

/// One block of exactly the capacity asked for; a piece that crosses its end is two spans.
class flat_storage {
 public:
  static constexpr const char* name = "flat";
  static constexpr bool contiguous = false;

  explicit flat_storage(std::size_t capacity)
      : capacity_(checked_capacity(capacity)), memory_(mapping::anonymous(capacity)) {}

  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

  /// Precondition: offset < capacity(), n <= capacity(). O(1).
  [[nodiscard, gnu::always_inline]] span_pair<std::byte> at(std::size_t offset,
                                                            std::size_t n) const noexcept {
    const auto head = std::min(n, capacity_ - offset);
    return {{memory_.data() + offset, head}, {memory_.data(), n - head}};
  }

 private:
  std::size_t capacity_;
  mapping memory_;
};

/// One memfd mapped twice in a row, so that every piece is one span. Capacity is rounded up to
/// whole pages.
class mirrored_storage {
 public:
  static constexpr const char* name = "memfd mapped twice";
  static constexpr bool contiguous = true;

  explicit mirrored_storage(std::size_t capacity)
      : capacity_(whole_pages(checked_capacity(capacity))), memory_(map(capacity_)) {}

  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

  /// Precondition: offset < capacity(), n <= capacity(). O(1).
  [[nodiscard, gnu::always_inline]] span_pair<std::byte> at(std::size_t offset,
                                                            std::size_t n) const noexcept {
    return {{memory_.data() + offset, n}, {}};
  }

 private:
  static std::size_t whole_pages(std::size_t bytes) {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    return (bytes + page - 1) / page * page;
  }
  static mapping map(std::size_t bytes) {
    struct descriptor {
      int fd;
      ~descriptor() {
        if (fd >= 0) close(fd);
      }
    } const file{memfd_create("annulus", MFD_CLOEXEC)};
    if (file.fd < 0 || ftruncate(file.fd, static_cast<off_t>(bytes)) != 0) {
      throw std::system_error(errno, std::generic_category(), "memfd for ring memory");
    }
    return mapping::twice(file.fd, bytes);
  }

  std::size_t capacity_;
  mapping memory_;
};

}  // namespace annulus
