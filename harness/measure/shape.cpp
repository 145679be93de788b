#include "measure/shape.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "measure/statistics.hpp"

namespace annulus::harness {
namespace {

using iterator = std::vector<double>::const_iterator;

double median_of(iterator from, iterator to) {
  return median({from, to});
}

// Reads as: what the first run met, the later ones did not.
bool first_stands_apart(const std::vector<double>& values) {
  const auto [least, most] = std::minmax_element(values.begin() + 1, values.end());
  const double apart = std::max(*least - values.front(), values.front() - *most);
  return apart > *most - *least;
}

// Kendall's test: of all pairs, how many more rise than fall. At 1 %, since many cells are asked.
bool is_trend(const std::vector<double>& values) {
  constexpr double limit = 2.576;
  double rises = 0;
  for (std::size_t later = 1; later < values.size(); ++later) {
    for (std::size_t at = 0; at < later; ++at)
      rises += (values[later] > values[at] ? 1 : 0) - (values[later] < values[at] ? 1 : 0);
  }
  const auto n = static_cast<double>(values.size());
  const double deviation = std::sqrt(n * (n - 1) * (2 * n + 5) / 18);
  return std::abs(rises) - 1 > limit * deviation;
}

// Where the widest gap of sorted values is, as the number of those below it; 0 if it parts no
// humps. A hump has a fifth of the values, two at least: fewer are outliers. Of normal values, 6 or
// 60, one sample in fifty has a gap seven times as wide as the mean of its others; of log-normal
// ones, whose tail is thin, one in twenty.
std::size_t split_of(const std::vector<double>& sorted) {
  constexpr double as_wide = 7;
  const std::size_t n = sorted.size();
  const std::size_t least = std::max<std::size_t>(2, (n + 4) / 5);
  const auto gap = [&](std::size_t below) { return sorted[below] - sorted[below - 1]; };
  std::size_t widest = least;
  for (std::size_t below = least; below + least <= n; ++below) {
    if (gap(below) > gap(widest)) widest = below;
  }
  const double others = sorted.back() - sorted.front() - gap(widest);
  return gap(widest) > as_wide * others / static_cast<double>(n - 2) ? widest : 0;
}

}  // namespace

sample_shape shape_of(const std::vector<double>& values) {
  sample_shape out;
  const std::size_t n = values.size();
  if (n < least_for_interval) return out;
  out.warms_up = first_stands_apart(values);
  out.drifts = is_trend(values);
  if (out.drifts) {
    const auto third = static_cast<std::ptrdiff_t>(n / 3);
    const double first = median_of(values.begin(), values.begin() + third);
    const double last = median_of(values.end() - third, values.end());
    out.drift = (last - first) / std::abs(median(values));
  }
  std::vector<double> sorted = values;
  std::sort(sorted.begin(), sorted.end());
  const std::size_t below = split_of(sorted);
  out.split = below != 0;
  if (out.split) {
    const auto border = sorted.begin() + static_cast<std::ptrdiff_t>(below);
    out.low_hump = median_of(sorted.begin(), border);
    out.high_hump = median_of(border, sorted.end());
    out.high_part = static_cast<double>(n - below) / static_cast<double>(n);
  }
  return out;
}

}  // namespace annulus::harness
