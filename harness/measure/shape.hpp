// What a median and its interval do not tell of a handful of repetitions.
#pragma once

#include <vector>

namespace annulus::harness {

/// What the values of one cell look like. Of independent values of one normal distribution each of
/// the three is said of fewer than one in twenty, and of fewer than `least_for_interval` values
/// none is.
struct sample_shape {
  bool warms_up =
      false;            ///< the first value lies farther from all others than those from each other
  bool drifts = false;  ///< the values rise or fall from repetition to repetition
  double drift =
      0;  ///< from the median of the first third to that of the last, as a part of the whole median
  bool split =
      false;  ///< the values form two humps, so that their median says nothing about either
  double low_hump = 0;  ///< the median of each; of a split only
  double high_hump = 0;
  double high_part = 0;  ///< of the values, in the high hump
};

/// Of values in the order in which they were measured.
sample_shape shape_of(const std::vector<double>& values);

}  // namespace annulus::harness
