// What the kernel is told about pages: their size, node, presence and lock.
#pragma once

#include <numa.h>
#include <numaif.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <annulus/core/memory_policy.hpp>
#include <annulus/core/restarted.hpp>
#include <annulus/error.hpp>
#include <annulus/transfer.hpp>
#include <cerrno>
#include <cstddef>
#include <fstream>
#include <memory>
#include <span>
#include <string>
#include <system_error>

namespace annulus::pages {

/// The size of the huge pages that rings ask for.
inline constexpr std::size_t huge_bytes = std::size_t{2} << 20;

/// The size of an ordinary page.
inline std::size_t base_bytes() noexcept {
  static const auto bytes = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return bytes;
}

/// Precondition: granule is a power of two and the result fits.
constexpr std::size_t round_up(std::size_t bytes, std::size_t granule) noexcept {
  return (bytes + granule - 1) & ~(granule - 1);
}

/// What the size of memory under `policy` is a multiple of. Depends on the arguments only, not on
/// what will be obtained.
inline std::size_t granule(std::size_t bytes, const memory_policy& policy) noexcept {
  const bool huge = policy.huge == huge_pages::always ||
                    (policy.huge == huge_pages::attempt && bytes >= huge_bytes);
  return huge ? huge_bytes : base_bytes();
}

/// What the address of such memory is a multiple of.
inline std::size_t alignment(std::size_t bytes, const memory_policy& policy) noexcept {
  const bool huge = policy.huge == huge_pages::transparent && bytes >= huge_bytes;
  return huge ? huge_bytes : granule(bytes, policy);
}

inline std::error_code last_error() noexcept {
  return {errno, std::generic_category()};
}

using node_mask = std::unique_ptr<bitmask, decltype(&numa_bitmask_free)>;

/// "0" or "0, 2"
inline std::string node_list(const bitmask& mask) {
  std::string text;
  for (unsigned node = 0; node < mask.size; ++node) {
    if (numa_bitmask_isbitset(&mask, node) != 0)
      text += (text.empty() ? "" : ", ") + std::to_string(node);
  }
  return text;
}

/// Takes pages that are touched from now on from `nodes` only; none: leaves that to the kernel.
/// Throws std::system_error: errc::no_such_node, or the kernel's reason.
inline void bind(bytes_span memory, std::span<const int> nodes) {
  if (nodes.empty()) return;
  if (numa_available() < 0) {
    throw std::system_error(make_error_code(errc::no_such_node),
                            "ring memory cannot be bound to NUMA node " +
                                std::to_string(nodes.front()) +
                                ": the kernel has no NUMA or refuses the question");
  }
  const node_mask allowed(numa_get_mems_allowed(), &numa_bitmask_free);
  const node_mask wanted(numa_allocate_nodemask(), &numa_bitmask_free);
  for (const int node : nodes) {
    if (node < 0 || numa_bitmask_isbitset(allowed.get(), static_cast<unsigned>(node)) == 0) {
      throw std::system_error(make_error_code(errc::no_such_node),
                              "ring memory cannot be bound to NUMA node " + std::to_string(node) +
                                  ", only to " + node_list(*allowed));
    }
    numa_bitmask_setbit(wanted.get(), static_cast<unsigned>(node));
  }
  // The kernel takes one bit less than it is told.
  if (mbind(memory.data(), memory.size(), MPOL_BIND, wanted->maskp, wanted->size + 1, 0) != 0) {
    const auto error = last_error();
    throw std::system_error(error, "ring memory of " + std::to_string(memory.size()) +
                                       " bytes cannot be bound to NUMA node " + node_list(*wanted));
  }
}

/// Allows or forbids transparent huge pages. A kernel without them refuses either, and gives none.
inline void advise(bytes_span memory, huge_pages huge) noexcept {
  madvise(
      memory.data(), memory.size(),
      huge == huge_pages::never || memory.size() < huge_bytes ? MADV_NOHUGEPAGE : MADV_HUGEPAGE);
}

/// Makes every page present, where touching it would be a signal if there is none. More than the
/// machine has is refused: the kernel would go on until it has to kill somebody.
inline std::error_code populate(bytes_span memory) noexcept {
  if (memory.size() / base_bytes() > static_cast<std::size_t>(sysconf(_SC_PHYS_PAGES)))
    return {ENOMEM, std::generic_category()};
  const auto refused =
      detail::restarted([&] { return madvise(memory.data(), memory.size(), MADV_POPULATE_WRITE); });
  return refused == 0 ? std::error_code{} : last_error();
}

/// As above; throws std::system_error with the kernel's reason.
inline void prefault(bytes_span memory) {
  if (const auto error = populate(memory)) {
    throw std::system_error(
        error, "ring memory of " + std::to_string(memory.size()) + " bytes cannot be prefaulted");
  }
}

/// Keeps pages from being swapped out. Throws std::system_error with the kernel's reason.
inline void lock(bytes_span memory) {
  // Not mlock(), which the sanitizers replace by nothing.
  if (detail::restarted([&] { return syscall(SYS_mlock, memory.data(), memory.size()); }) == 0)
    return;
  const auto error = last_error();
  rlimit limit{};
  getrlimit(RLIMIT_MEMLOCK, &limit);
  throw std::system_error(
      error, "ring memory of " + std::to_string(memory.size()) +
                 " bytes cannot be locked; RLIMIT_MEMLOCK is " +
                 (limit.rlim_cur == RLIM_INFINITY ? "unlimited"
                                                  : std::to_string(limit.rlim_cur) + " bytes"));
}

/// The error of `huge_pages::always`, with what there is of them.
inline std::system_error no_huge_pages(std::size_t bytes, std::error_code reason) {
  std::string free = "none";
  std::ifstream("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages") >> free;
  return {make_error_code(errc::no_huge_pages),
          "ring memory of " + std::to_string(bytes) + " bytes needs " +
              std::to_string(bytes / huge_bytes) + " free huge pages of " +
              std::to_string(huge_bytes) + " bytes, there are " + free + " (" + reason.message() +
              ")"};
}

}  // namespace annulus::pages
