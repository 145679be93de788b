#include "measure/two_samples.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

namespace annulus::harness {
namespace {

constexpr std::size_t most_exact = 40;  // values together
constexpr double wanted_tail = 0.025;
constexpr double normal_quantile = 1.959964;  // that leaves wanted_tail above it

void refuse_none(const std::vector<double>& one, const std::vector<double>& other) {
  if (one.empty() || other.empty()) throw std::invalid_argument("two samples need values each");
}

// In how many ways `taken` of these numbers have each sum, as parts of all ways.
std::vector<double> chances_of_sums(const std::vector<std::size_t>& numbers, std::size_t taken) {
  const std::size_t total = std::accumulate(numbers.begin(), numbers.end(), std::size_t{0});
  std::vector<std::vector<double>> ways(taken + 1, std::vector<double>(total + 1));
  ways[0][0] = 1;
  std::size_t seen = 0;
  std::size_t most = 0;  // that any of the numbers seen so far come to
  for (const std::size_t number : numbers) {
    most += number;
    for (std::size_t have = std::min(++seen, taken); have >= 1; --have) {
      for (std::size_t sum = number; sum <= most; ++sum)
        ways[have][sum] += ways[have - 1][sum - number];
    }
  }
  std::vector<double> out = std::move(ways[taken]);
  const double all = std::accumulate(out.begin(), out.end(), 0.0);
  for (double& each : out) each /= all;
  return out;
}

// Twice the rank of each value among all, so that those of ties are whole too. `before` come first.
std::vector<std::size_t> doubled_ranks(const std::vector<double>& before,
                                       const std::vector<double>& after) {
  std::vector<double> all(before);
  all.insert(all.end(), after.begin(), after.end());
  std::vector<double> sorted(all);
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::size_t> out;
  for (const double value : all) {
    const auto [first, last] = std::equal_range(sorted.begin(), sorted.end(), value);
    out.push_back(static_cast<std::size_t>((first - sorted.begin()) + (last - sorted.begin()) + 1));
  }
  return out;
}

double normal_tail(double z) {
  return std::erfc(z / std::sqrt(2.0)) / 2;
}

// The variance of the sum of `taken` of these numbers, drawn at random.
double variance_of_sum(const std::vector<std::size_t>& numbers, std::size_t taken) {
  const auto all = static_cast<double>(numbers.size());
  const auto drawn = static_cast<double>(taken);
  double sum = 0;
  double squares = 0;
  for (const std::size_t each : numbers) {
    const auto number = static_cast<double>(each);
    sum += number;
    squares += number * number;
  }
  const double spread = squares - sum * sum / all;
  return drawn * (all - drawn) / (all * (all - 1)) * spread;
}

// From which end of the sorted differences the interval begins, from 1.
std::size_t first_inside(std::size_t before, std::size_t after) {
  const std::size_t all = before + after;
  if (all > most_exact) {
    const auto pairs = static_cast<double>(before * after);
    const double deviation = std::sqrt(pairs * static_cast<double>(all + 1) / 12);
    return static_cast<std::size_t>(std::max(1.0, pairs / 2 - normal_quantile * deviation));
  }
  std::vector<std::size_t> ranks(all);
  std::iota(ranks.begin(), ranks.end(), std::size_t{1});
  const auto chances = chances_of_sums(ranks, after);
  std::size_t out = 0;
  double tail = 0;
  for (std::size_t at = after * (after + 1) / 2; at < chances.size(); ++at) {
    tail += chances[at];
    if (tail > wanted_tail) break;
    ++out;
  }
  return std::max<std::size_t>(out, 1);
}

}  // namespace

estimate shift_between(const std::vector<double>& before, const std::vector<double>& after) {
  refuse_none(before, after);
  std::vector<double> differences;
  differences.reserve(before.size() * after.size());
  for (const double one : before) {
    for (const double other : after) differences.push_back(other - one);
  }
  std::sort(differences.begin(), differences.end());
  const double middle = median(differences);
  estimate out{middle, middle, middle, std::min(before.size(), after.size())};
  if (!out.has_interval()) return out;
  const std::size_t first = first_inside(before.size(), after.size());
  out.low = differences[first - 1];
  out.high = differences[differences.size() - first];
  return out;
}

double chance_of_ranks_above(const std::vector<double>& before, const std::vector<double>& after) {
  refuse_none(before, after);
  const auto ranks = doubled_ranks(before, after);
  const auto seen = std::accumulate(ranks.begin() + static_cast<std::ptrdiff_t>(before.size()),
                                    ranks.end(), std::size_t{0});
  if (ranks.size() <= most_exact) {
    const auto chances = chances_of_sums(ranks, after.size());
    return std::accumulate(chances.begin() + static_cast<std::ptrdiff_t>(seen), chances.end(), 0.0);
  }
  const double deviation = std::sqrt(variance_of_sum(ranks, after.size()));
  if (deviation == 0) return 1;  // all are equal
  const double expected = static_cast<double>(after.size() * (ranks.size() + 1));
  // Doubled ranks of no ties go by twos, so that half a step is 1.
  return normal_tail((static_cast<double>(seen) - expected - 1) / deviation);
}

double least_chance(std::size_t before, std::size_t after) {
  double ways = 1;
  for (std::size_t at = 1; at <= after; ++at)
    ways *= static_cast<double>(before + at) / static_cast<double>(at);
  return 1 / ways;
}

std::vector<double> corrected_by_holm(const std::vector<double>& chances) {
  std::vector<std::size_t> order(chances.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t one, std::size_t other) { return chances[one] < chances[other]; });
  std::vector<double> out(chances.size());
  double least = 0;
  for (std::size_t at = 0; at < order.size(); ++at) {
    least = std::max(least, chances[order[at]] * static_cast<double>(order.size() - at));
    out[order[at]] = std::min(least, 1.0);
  }
  return out;
}

}  // namespace annulus::harness
