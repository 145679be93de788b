#include "measure/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>

namespace annulus::harness {
namespace {

constexpr double may_miss = 0.05;

// A number from 0 to 1 that the order of the values draws: all orders of independent values are
// equally likely, whatever the values are.
double lot_of(const std::vector<double>& values) {
  constexpr std::size_t most_drawn = 8;  // at least 6! lots, and no more time for many values
  double lot = 0;
  double part = 1;
  for (std::size_t at = 0; at < std::min(values.size(), most_drawn); ++at) {
    const auto smaller =
        std::count_if(values.begin() + static_cast<std::ptrdiff_t>(at) + 1, values.end(),
                      [&](double later) { return later < values[at]; });
    part /= static_cast<double>(values.size() - at);
    lot += part * static_cast<double>(smaller);
  }
  return lot + part / 2;
}

// The `low`-th smallest and the `high`-th largest value, both from 1.
struct ranks {
  std::size_t low = 1;
  std::size_t high = 1;
};

// Which of `n` values the interval ends at. It misses the median if fewer than `low` values lie
// below it, or fewer than `high` above: as likely as so few heads of n coins, whatever the
// distribution. One of the nested pairs (1, 1), (1, 2) or (2, 1), (2, 2), … misses it too seldom
// and the next too often, and by lot it is one or the other.
ranks interval_ranks(std::size_t n, double lot) {
  const auto size = static_cast<double>(n);
  // The logarithm, since 2^-n is none of a double's for n above 1074.
  double log_term = -size * std::numbers::ln2;
  double tail = std::exp(log_term);  // the chance of fewer heads than `rank`
  for (std::size_t rank = 1;; ++rank) {
    const auto heads = static_cast<double>(rank);
    log_term += std::log((size - heads + 1) / heads);
    const double next = tail + std::exp(log_term);
    const bool from_even = tail + next > may_miss;
    if (!from_even && 2 * next <= may_miss) {
      tail = next;
      continue;
    }
    const double seldom = from_even ? 2 * tail : tail + next;
    const double often = from_even ? tail + next : 2 * next;
    const double narrow = (may_miss - seldom) / (often - seldom);
    const bool is_narrow = lot < narrow;
    if (is_narrow != from_even) return is_narrow ? ranks{rank + 1, rank + 1} : ranks{rank, rank};
    // What is left of the lot says on which side.
    const double rest = is_narrow ? lot / narrow : (lot - narrow) / (1 - narrow);
    return rest < 0.5 ? ranks{rank, rank + 1} : ranks{rank + 1, rank};
  }
}

}  // namespace

double quantile(std::vector<double> values, double part) {
  if (values.empty()) throw std::invalid_argument("a quantile needs at least one value");
  if (!(part >= 0 && part <= 1)) throw std::invalid_argument("a quantile lies between 0 and 1");
  std::sort(values.begin(), values.end());
  const double place = part * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  return std::lerp(values[below], values[above], place - std::floor(place));
}

double median(std::vector<double> values) {
  return quantile(std::move(values), 0.5);
}

estimate median_with_interval(std::vector<double> values) {
  const std::size_t n = values.size();
  const double middle = median(values);
  if (n < least_for_interval) return {middle, middle, middle, n};
  const ranks ends = interval_ranks(n, lot_of(values));
  std::sort(values.begin(), values.end());
  return {middle, values[ends.low - 1], values[n - ends.high], n};
}

bool overlap(const estimate& one, const estimate& other) noexcept {
  if (!one.has_interval() || !other.has_interval()) return true;
  return one.low <= other.high && other.low <= one.high;
}

}  // namespace annulus::harness
