// Whether two handfuls of repetitions differ, and by how much.
#pragma once

#include <cstddef>
#include <vector>

#include "measure/statistics.hpp"

namespace annulus::harness {

/// By how much `after` lies above `before`, and the 95 % interval of that shift, of at least
/// `least_for_interval` values each; of fewer, low = high = median. `n` is the smaller number.
/// Throws std::invalid_argument for no values.
///
/// The estimate is that of Hodges and Lehmann (1963), the median of all differences between the
/// two; its interval lies between two order statistics of these differences, which the null
/// distribution of the rank-sum test chooses: see Hollander and Wolfe, Nonparametric Statistical
/// Methods, section 4.3. For repetitions that suits because it assumes no distribution, but only
/// that both have the same one up to the shift; because it covers 95 % exactly from 6 values on (at
/// 6 and 6 it covers 95.9 %), where a bootstrap covers too little; because a stray value moves it
/// by one rank, however far it strays; and because on normal noise it needs but 5 % more
/// repetitions than the mean. Of logarithms, the shift is a ratio.
estimate shift_between(const std::vector<double>& before, const std::vector<double>& after);

/// The one-sided test of Mann and Whitney (1947): how probable ranks of `after` as high as these,
/// or higher, are if both are of one distribution. Exact up to 40 values together, given the ties;
/// else by the normal approximation. Throws std::invalid_argument for no values.
double chance_of_ranks_above(const std::vector<double>& before, const std::vector<double>& after);

/// The least probability that test can give for that many values each.
double least_chance(std::size_t before, std::size_t after);

/// Holm (1979): each probability corrected for that there are so many, so that the chance of a
/// single false alarm among all of them stays what it is for one. In the order given.
std::vector<double> corrected_by_holm(const std::vector<double>& chances);

}  // namespace annulus::harness
