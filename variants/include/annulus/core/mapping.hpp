// Pages that a ring owns, as its memory policy wants them.
#pragma once

#include <linux/memfd.h>
#include <linux/mman.h>
#include <sys/mman.h>
#include <unistd.h>

#include <annulus/core/memory_policy.hpp>
#include <annulus/core/page_census.hpp>
#include <annulus/core/pages.hpp>
#include <annulus/core/restarted.hpp>
#include <annulus/transfer.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <system_error>
#include <utility>

namespace annulus {

/// Owned pages, mapped once or twice in a row, between two guard pages or as huge pages. Movable.
/// Untouched pages cost no memory unless the policy says otherwise.
class mapping {
 public:
  mapping() = default;
  mapping(mapping&& other) noexcept
      : whole_(std::exchange(other.whole_, {})),
        data_(std::exchange(other.data_, nullptr)),
        bytes_(std::exchange(other.bytes_, 0)),
        mirrored_(other.mirrored_) {}
  mapping& operator=(mapping&& other) noexcept {
    std::swap(whole_, other.whole_);
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    std::swap(mirrored_, other.mirrored_);
    return *this;
  }
  mapping(const mapping&) = delete;
  mapping& operator=(const mapping&) = delete;
  ~mapping() {
    if (!whole_.empty()) munmap(whole_.data(), whole_.size());
  }

  /// Zeroed pages for `bytes`, rounded up to pages::granule. Throws std::system_error:
  /// errc::no_such_node, errc::no_huge_pages, or the kernel's reason.
  static mapping anonymous(std::size_t bytes, const memory_policy& policy = {}) {
    const auto granule = pages::granule(bytes, policy);
    bytes = pages::round_up(bytes, granule);
    if (granule == pages::huge_bytes) {
      mapping huge;
      const auto error = huge.take_reserved(bytes, MAP_PRIVATE | MAP_ANONYMOUS, -1, policy);
      if (!error) return huge;
      if (policy.huge == huge_pages::always) throw pages::no_huge_pages(bytes, error);
    }
    mapping fresh(bytes, pages::alignment(bytes, policy), false);
    // Guard pages on both sides keep the kernel from merging it with a neighbour, and the neighbour
    // out of its report.
    if (mprotect(fresh.data_, bytes, PROT_READ | PROT_WRITE) != 0) refuse_mapping(bytes);
    fresh.settle(policy);
    return fresh;
  }

  /// The same pages twice in a row; `bytes` as above. Throws as above.
  static mapping mirrored(std::size_t bytes, const memory_policy& policy = {}) {
    const auto granule = pages::granule(bytes, policy);
    bytes = pages::round_up(bytes, granule);
    if (granule == pages::huge_bytes) {
      const memory_file file(MFD_HUGETLB | MFD_HUGE_2MB, bytes);
      // Taken through a mapping of its own, so that a refusal cannot tear a hole in the two.
      mapping once;
      const auto error =
          file.error ? file.error : once.take_reserved(bytes, MAP_SHARED, file.number, policy);
      if (!error) {
        auto twice = map_twice(file.number, bytes, granule);
        for (const auto half : {twice.first(), twice.second()}) pages::prefault(half);
        return twice;
      }
      if (policy.huge == huge_pages::always) throw pages::no_huge_pages(bytes, error);
    }
    const memory_file file(0, bytes);
    if (file.error) {
      throw std::system_error(file.error,
                              "memfd for ring memory of " + std::to_string(bytes) + " bytes");
    }
    auto twice = map_twice(file.number, bytes, pages::alignment(bytes, policy));
    twice.settle(policy);
    return twice;
  }

  [[nodiscard]] std::byte* data() const noexcept { return data_; }
  /// The size; that of one half if it is mirrored.
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

  /// Counts it into `report`. Throws as page_census does.
  void count(const page_census& census, memory_report& report) const {
    census.count(first(), mirrored_ ? second() : bytes_span{}, report);
  }

 private:
  struct memory_file {
    memory_file(unsigned flags, std::size_t bytes)
        : number(memfd_create("annulus", MFD_CLOEXEC | flags)) {
      const auto size = static_cast<off_t>(bytes);
      if (number < 0 || detail::restarted([&] { return ftruncate(number, size); }) != 0)
        error = pages::last_error();
    }
    memory_file(const memory_file&) = delete;
    memory_file& operator=(const memory_file&) = delete;
    ~memory_file() {
      if (number >= 0) close(number);
    }
    int number;
    std::error_code error;
  };

  // Address space for `bytes`, or twice that, with a guard page at least on both sides.
  mapping(std::size_t bytes, std::size_t alignment, bool mirrored) : mirrored_(mirrored) {
    const auto guard = pages::base_bytes();
    const auto length = (mirrored ? 2 : 1) * bytes + alignment + guard;
    void* const address =
        mmap(nullptr, length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (address == MAP_FAILED) refuse_mapping(length);
    whole_ = {static_cast<std::byte*>(address), length};
    const auto start = reinterpret_cast<std::uintptr_t>(address);
    data_ = whole_.data() + (pages::round_up(start + guard, alignment) - start);
    bytes_ = bytes;
  }

  static mapping map_twice(int file, std::size_t bytes, std::size_t alignment) {
    mapping twice(bytes, alignment, true);
    for (const auto half : {twice.first(), twice.second()}) {
      if (mmap(half.data(), bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0) ==
          MAP_FAILED) {
        refuse_mapping(bytes);
      }
    }
    return twice;
  }

  [[noreturn]] static void refuse_mapping(std::size_t bytes) {
    throw std::system_error(pages::last_error(),
                            "ring memory of " + std::to_string(bytes) + " bytes cannot be mapped");
  }

  // Becomes reserved huge pages, all present: the reservation counts pages of any node, so a bound
  // page that is touched later could be missing, which is a signal.
  std::error_code take_reserved(std::size_t bytes, int flags, int file,
                                const memory_policy& policy) {
    // A file has its page size already.
    if (file < 0) flags |= MAP_HUGETLB | MAP_HUGE_2MB;
    void* const address = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, flags, file, 0);
    if (address == MAP_FAILED) return pages::last_error();
    whole_ = {static_cast<std::byte*>(address), bytes};
    data_ = whole_.data();
    bytes_ = bytes;
    pages::bind(first(), policy.nodes);
    return pages::populate(first());
  }

  // Applies the policy to ordinary pages that nobody has touched.
  void settle(const memory_policy& policy) const {
    pages::advise(first(), policy.huge);
    if (mirrored_) pages::advise(second(), policy.huge);
    pages::bind(first(), policy.nodes);  // both halves are one file, whose policy this is
    if (policy.prefault || policy.lock) {
      pages::prefault(first());
      if (mirrored_) pages::prefault(second());
    }
    if (policy.lock) pages::lock(first());  // holds the pages, and counts them once
  }

  [[nodiscard]] bytes_span first() const noexcept { return {data_, bytes_}; }
  [[nodiscard]] bytes_span second() const noexcept { return {data_ + bytes_, bytes_}; }

  bytes_span whole_{};
  std::byte* data_ = nullptr;
  std::size_t bytes_ = 0;
  bool mirrored_ = false;
};

}  // namespace annulus
