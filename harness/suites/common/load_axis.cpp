#include "suites/common/load_axis.hpp"

#include <fmt/format.h>

#include "suites/common/load.hpp"

namespace annulus::bench {

using harness::json;

harness::axis load_axis(std::string_view who, std::string_view more) {
  auto loads = harness::patterns(
      {"closed"},
      "open:RATE or burst:SIZE/TIME, stall:TIME/PERIOD, jitter:TIME/PERIOD or slow:RATE, or one "
      "of the first two + one of the others, such as open:200MB/s+stall:2ms/50ms",
      nullptr);
  loads.canonical = [](const json& spelled) -> std::optional<json> {
    const auto found = spelled.is_string() ? parse_load(spelled.get<std::string>()) : std::nullopt;
    if (!found) return std::nullopt;
    return json(to_string(*found));
  };
  return {"load",
          fmt::format("{}the producer writes as fast as it can (closed), at a rate (open) or in "
                      "bursts; the consumer reads as fast as it can, stops at regular moments "
                      "(stall) or at random ones (jitter), or is slow throughout{}",
                      who, more),
          std::move(loads), "closed"};
}

}  // namespace annulus::bench
