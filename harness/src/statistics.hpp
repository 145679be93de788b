// The statistics of a handful of repetitions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace annulus::harness {

/// The quantile of `part` (0 to 1), linear between the two nearest values (type 7 of Hyndman and
/// Fan). Throws std::invalid_argument for no values or a part outside 0..1.
double quantile(std::vector<double> values, double part);
double median(std::vector<double> values);

/// A median and its 95 % interval.
struct estimate {
  double median = 0;
  double low = 0;
  double high = 0;
  std::size_t n = 0;

  /// One value says nothing about its spread: then low = high = median.
  [[nodiscard]] bool has_interval() const noexcept { return n >= 2; }
};

/// The median with its percentile-bootstrap interval; the same values and seed give the same
/// interval. Throws as `quantile`.
estimate bootstrap_median(std::span<const double> values, std::uint64_t seed = 1,
                          std::size_t resamples = 10'000);

/// Whether the data cannot tell the two apart: their intervals meet, or one of them has none.
bool overlap(const estimate& one, const estimate& other) noexcept;

}  // namespace annulus::harness
