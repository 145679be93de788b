#include "suites/rings/ping_pong.hpp"

#include "suites/common/pace.hpp"

namespace annulus::bench {

measurement round_trips(const std::vector<std::uint64_t>& ticks) {
  const double scale = tick_clock::nanoseconds_per_tick();
  measurement out;
  out.amount = ticks.size() - 1;
  out.seconds = static_cast<double>(ticks.back() - ticks.front()) * scale * 1e-9;
  std::vector<double> taken(out.amount);
  for (std::size_t i = 0; i < taken.size(); ++i)
    taken[i] = static_cast<double>(ticks[i + 1] - ticks[i]) * scale;
  std::sort(taken.begin(), taken.end());
  out.metrics[round_trip_p50] = at_per_mille(taken, 500);
  out.metrics[round_trip_p99] = at_per_mille(taken, 990);
  out.metrics[round_trip_p999] = at_per_mille(taken, 999);
  return out;
}

}  // namespace annulus::bench
