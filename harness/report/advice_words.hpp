// The figures of advice as people say them.
#pragma once

#include <string>
#include <string_view>

#include "measure/suite.hpp"

namespace annulus::harness {

/// "stall p99.9", without a unit.
std::string_view words_for(const metric& by);
/// "40 µs", "3.6 ms", "200 MB/s", "0.31 CPU-s/GiB"
std::string value_text_of(const metric& by, double value);
/// "200 MB/s"
std::string rate_text(double bytes_a_second);

}  // namespace annulus::harness
