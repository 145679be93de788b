#include "statistics.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <stdexcept>

namespace annulus::harness {

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

estimate bootstrap_median(std::span<const double> values, std::uint64_t seed,
                          std::size_t resamples) {
  const double middle = median({values.begin(), values.end()});
  if (values.size() < 2) return {middle, middle, middle, values.size()};
  // The remainder's bias is below 2^-50 for so few values, and the engine alone is the same
  // everywhere.
  std::mt19937_64 random(seed);
  std::vector<double> drawn(values.size());
  std::vector<double> medians(resamples);
  for (double& each : medians) {
    for (double& value : drawn) value = values[random() % values.size()];
    each = median(drawn);
  }
  return {middle, quantile(medians, 0.025), quantile(medians, 0.975), values.size()};
}

bool overlap(const estimate& one, const estimate& other) noexcept {
  if (!one.has_interval() || !other.has_interval()) return true;
  return one.low <= other.high && other.low <= one.high;
}

}  // namespace annulus::harness
