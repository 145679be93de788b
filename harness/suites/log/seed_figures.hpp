// The figures that the seed (003) publishes, beside which ours are shown.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

#include "suites/log/rows.hpp"

namespace annulus::suites {

/// One row of the seed's table.
struct seed_figure {
  std::size_t record_bytes;
  double records_per_second;
  double cpu_percent;  ///< TOTAL_CPU

  /// CPU-seconds for each record.
  [[nodiscard]] constexpr double cpu_per_record() const noexcept {
    return cpu_percent / 100 / records_per_second;
  }
};

using seed_table = std::array<seed_figure, 6>;

inline constexpr seed_table seed_memory{{{128, 6220448.66, 185.99},
                                         {256, 5851396.64, 183.73},
                                         {512, 5907619.56, 184.32},
                                         {1024, 6144408.52, 185.56},
                                         {2048, 5938641.09, 184.69},
                                         {4096, 6236950.84, 186.48}}};

inline constexpr seed_table seed_disk{{{128, 931664.45, 287.88},
                                       {256, 910724.12, 295.99},
                                       {512, 782429.28, 289.50},
                                       {1024, 622865.94, 280.29},
                                       {2048, 454564.02, 280.01},
                                       {4096, 302904.71, 272.92}}};

/// What a row stands beside; nothing where the seed has none.
constexpr std::optional<seed_figure> published_for(std::string_view row,
                                                   std::size_t record_bytes) noexcept {
  const bool in_memory = row == memory_row || row == descriptor_row;
  if (!in_memory && row != disk_row && row != durable_row) return {};
  for (const auto& each : in_memory ? seed_memory : seed_disk) {
    if (each.record_bytes == record_bytes) return each;
  }
  return {};
}

}  // namespace annulus::suites
