#include "ping_pong.hpp"

#include "statistics.hpp"

namespace annulus::bench {

measurement round_trips(std::vector<std::uint64_t> ticks) {
  const double scale = tick_clock::nanoseconds_per_tick();
  measurement out;
  out.amount = ticks.size() - 1;
  out.seconds = static_cast<double>(ticks.back() - ticks.front()) * scale * 1e-9;
  for (std::size_t i = 0; i + 1 < ticks.size(); ++i) ticks[i] = ticks[i + 1] - ticks[i];
  ticks.pop_back();
  const auto nanoseconds = [&](std::size_t per_mille) {
    const auto at = static_cast<std::ptrdiff_t>((ticks.size() - 1) * per_mille / 1000);
    std::nth_element(ticks.begin(), ticks.begin() + at, ticks.end());
    return static_cast<double>(ticks[static_cast<std::size_t>(at)]) * scale;
  };
  out.metrics[round_trip_p50] = nanoseconds(500);
  out.metrics[round_trip_p99] = nanoseconds(990);
  out.metrics[round_trip_p999] = nanoseconds(999);
  return out;
}

}  // namespace annulus::bench
