// What the kernel says about pages that exist: their size, node and lock.
#pragma once

#include <numaif.h>

#include <algorithm>
#include <annulus/core/memory_policy.hpp>
#include <annulus/core/pages.hpp>
#include <annulus/transfer.hpp>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace annulus {

/// The areas of this process as they were when it was made (/proc/self/smaps). O(memory mapped).
class page_census {
 public:
  /// Throws std::system_error if the kernel does not tell.
  page_census() {
    std::ifstream file("/proc/self/smaps");
    for (std::string line; std::getline(file, line);) read(line);
    if (areas_.empty()) {
      throw std::system_error(std::make_error_code(std::errc::io_error),
                              "/proc/self/smaps tells of no memory");
    }
  }

  /// Counts `memory` into `report`; `twin`, if there is one, maps the same pages. Sizes of pages
  /// are known by area: if memory is but a part of one, all huge pages of the area are taken to be
  /// in that part, as far as they fit. Neither touches nor moves a page. Throws std::system_error
  /// if the kernel refuses the page query.
  void count(bytes_view memory, bytes_view twin, memory_report& report) const {
    const auto one = backing_of(memory);
    const auto other = backing_of(twin);
    report.bytes += memory.size();
    report.page_bytes = std::max({report.page_bytes, one.page, other.page});
    report.huge_bytes += std::max(one.huge, other.huge);
    report.locked_bytes += std::max(one.locked, other.locked);
    count_nodes(memory, twin, report);
  }

 private:
  struct area {
    std::uintptr_t from, to;
    std::size_t page = 0;         // of the area; transparent huge pages come on top
    std::size_t transparent = 0;  // bytes mapped as transparent huge pages
    std::size_t reserved = 0;     // bytes present of a hugetlb area
    bool locked = false;
  };
  struct backing {
    std::size_t page = 0, huge = 0, locked = 0;
  };

  static std::uintptr_t address(const void* at) noexcept {
    return reinterpret_cast<std::uintptr_t>(at);
  }

  void read(std::string_view line) {
    const auto* const end = line.data() + line.size();
    area found{};
    if (const auto from = std::from_chars(line.data(), end, found.from, 16);
        from.ec == std::errc{} && from.ptr != end && *from.ptr == '-') {
      std::from_chars(from.ptr + 1, end, found.to, 16);
      areas_.push_back(found);
      return;
    }
    const auto colon = line.find(':');
    if (areas_.empty() || colon == std::string_view::npos) return;
    read(line.substr(0, colon), line.substr(colon + 1), areas_.back());
  }

  static void read(std::string_view key, std::string_view value, area& into) {
    if (key == "KernelPageSize") {
      into.page = kilobytes(value);
    } else if (key == "AnonHugePages" || key == "ShmemPmdMapped" || key == "FilePmdMapped") {
      into.transparent += kilobytes(value);
    } else if (key == "Shared_Hugetlb" || key == "Private_Hugetlb") {
      into.reserved += kilobytes(value);
    } else if (key == "VmFlags") {
      into.locked = value.find(" lo") != std::string_view::npos;
    }
  }
  static std::size_t kilobytes(std::string_view value) noexcept {
    value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
    std::size_t count = 0;
    std::from_chars(value.data(), value.data() + value.size(), count);
    return count << 10;
  }

  static std::size_t transparent_page() {
    static const auto bytes = [] {
      std::size_t size = pages::huge_bytes;
      std::ifstream("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size") >> size;
      return size;
    }();
    return bytes;
  }

  [[nodiscard]] backing backing_of(bytes_view memory) const {
    backing found;
    const auto from = address(memory.data());
    const auto to = from + memory.size();
    for (const auto& each : areas_) {
      if (each.to <= from || each.from >= to) continue;
      const auto shared =
          static_cast<std::size_t>(std::min(to, each.to) - std::max(from, each.from));
      found.page = std::max({found.page, each.page, each.transparent > 0 ? transparent_page() : 0});
      found.huge += std::min(shared, each.transparent + each.reserved);
      // Reserved huge pages have no flag for it: they are never swapped out.
      found.locked += each.locked ? shared : std::min(shared, each.reserved);
    }
    return found;
  }

  static void count_nodes(bytes_view memory, bytes_view twin, memory_report& report) {
    constexpr std::size_t batch = 4096;
    const auto page = pages::base_bytes();
    const auto into_page = address(memory.data()) % page;
    const auto total = memory.empty() ? 0 : pages::round_up(into_page + memory.size(), page) / page;
    for (std::size_t done = 0; done < total;) {
      const auto n = std::min(batch, total - done);
      auto homes = homes_of(memory.data() - into_page + done * page, n);
      if (!twin.empty()) {
        const auto others = homes_of(twin.data() + done * page, n);
        for (std::size_t i = 0; i < n; ++i) homes[i] = std::max(homes[i], others[i]);
      }
      for (const int home : homes) {
        ++(home >= 0 ? report.pages_on_node[home] : report.untouched_pages);
      }
      done += n;
    }
  }

  // The node of each of `n` pages, negative for one that is not there.
  static std::vector<int> homes_of(const std::byte* first, std::size_t n) {
    std::vector<void*> addresses(n);
    for (std::size_t i = 0; i < n; ++i) {
      // move_pages takes pointers to non-const, but only asks where they lead.
      addresses[i] = const_cast<std::byte*>(first) + i * pages::base_bytes();
    }
    std::vector<int> homes(n, -ENOENT);
    if (move_pages(0, n, addresses.data(), nullptr, homes.data(), 0) < 0) {
      throw std::system_error(pages::last_error(), "the NUMA nodes of ring memory are not told");
    }
    return homes;
  }

  std::vector<area> areas_;
};

/// What the memory of a storage is like now. Throws as page_census does.
template <class Storage>
memory_report report_of(const Storage& storage) {
  memory_report report;
  storage.count(page_census(), report);
  return report;
}

}  // namespace annulus
