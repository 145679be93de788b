// What each shape is, and which of its metrics a reader is shown.
#pragma once

#include <string_view>
#include <vector>

#include "measurement.hpp"

namespace annulus::bench {

/// A metric as it is shown.
struct shown_metric {
  std::string_view name;
  std::string_view unit;
  double scale = 1;  ///< shown = measured × scale
};

struct shape_info {
  std::string_view name;
  std::string_view title;
  std::vector<shown_metric> shown;
  bool has_payload = true;  ///< the bytes that it moves are written and looked at
};

/// In the order that they are shown.
const std::vector<shape_info>& all_shapes();
const std::vector<shape_info>& pipelines_shapes();

}  // namespace annulus::bench
