// What is asked of the memory of a ring, and what was obtained.
#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <vector>

namespace annulus {

/// Which pages may back the memory of a ring.
enum class huge_pages {
  /// Base pages only (MADV_NOHUGEPAGE).
  never,
  /// Transparent ones, where the kernel has them and the memory is at least one of them large.
  transparent,
  /// Reserved huge pages (hugetlb) if enough of them are free, else transparent ones if the kernel
  /// has them, else base pages. Less than one huge page of memory asks for none of its own.
  attempt,
  /// Reserved huge pages, or an error. A transparent one would be no promise: the kernel may refuse
  /// it at any fault and split it at any time.
  always,
};

/// What a ring's memory should be like. Nothing of it is given up in silence: what cannot be had is
/// an error at construction, except under `huge_pages::attempt`, of which memory_report tells.
struct memory_policy {
  /// The NUMA nodes that pages may come from (MPOL_BIND: no other ever); none: the kernel chooses,
  /// by default that of the thread which touches a page first.
  std::vector<int> nodes{};
  huge_pages huge = huge_pages::never;
  /// All pages are there before the constructor returns (needs Linux 5.14), on the node of the
  /// thread that makes the ring unless `nodes` says otherwise. So are reserved huge pages and
  /// locked pages in any case. More of them than the machine has: std::errc::not_enough_memory.
  bool prefault = false;
  /// No page is ever swapped out (mlock), within RLIMIT_MEMLOCK.
  bool lock = false;

  /// What a ring has that is given no policy: pages that are all there, since the first touch of
  /// one costs up to 19 microseconds in a virtual machine, in the middle of somebody's write; and
  /// large ones for a large ring.
  static memory_policy usual() { return {.huge = huge_pages::transparent, .prefault = true}; }

  friend bool operator==(const memory_policy&, const memory_policy&) = default;
};

/// What the memory of a ring is like at one moment, as the kernel tells.
struct memory_report {
  std::size_t bytes = 0;         ///< held for the ring, in whole pages; a mirrored page counts once
  std::size_t page_bytes = 0;    ///< the largest page in use
  std::size_t huge_bytes = 0;    ///< of `bytes`, backed by huge pages of either kind
  std::size_t locked_bytes = 0;  ///< of `bytes`, that cannot be swapped out
  std::map<int, std::size_t> pages_on_node;  ///< base pages of memory, by NUMA node
  std::size_t untouched_pages = 0;           ///< base pages of memory that are not there yet

  /// Every page is there.
  [[nodiscard]] bool prefaulted() const noexcept { return untouched_pages == 0; }

  /// Sums up several rings.
  memory_report& operator+=(const memory_report& other) {
    bytes += other.bytes;
    page_bytes = std::max(page_bytes, other.page_bytes);
    huge_bytes += other.huge_bytes;
    locked_bytes += other.locked_bytes;
    for (const auto& [node, pages] : other.pages_on_node) pages_on_node[node] += pages;
    untouched_pages += other.untouched_pages;
    return *this;
  }
};

}  // namespace annulus
