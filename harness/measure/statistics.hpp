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

/// The fewest values that have a 95 % interval of their median: the whole range of five covers it
/// in 93.75 % of all cases.
inline constexpr std::size_t least_for_interval = 6;

/// A median and, of `least_for_interval` values or more, its 95 % interval; of fewer, low = high =
/// median.
struct estimate {
  double median = 0;
  double low = 0;
  double high = 0;
  std::size_t n = 0;

  [[nodiscard]] bool has_interval() const noexcept { return n >= least_for_interval; }
};

/// The median between two of the values, in the order in which they were measured. The interval
/// covers the median of any distribution without ties in exactly 95 % of all cases. Pairs of values
/// that lie as far from both ends (or, on one side, one further in) cover it in 96.9 % or 87.5 % of
/// them for six values, in 98.4 % or 93.0 % for seven; which pair it is, is drawn by lot, by the
/// order of the values, so that the same measurement always has the same interval. Interpolating
/// between the two instead (Hettmansperger and Sheather, Nyblom) needs a density without gaps
/// around the median: of seven values from two humps as high it covers 88 %. Throws as `quantile`.
estimate median_with_interval(std::vector<double> values);

/// Whether the data cannot tell the two apart: their intervals meet, or one of them has none.
bool overlap(const estimate& one, const estimate& other) noexcept;

}  // namespace annulus::harness
