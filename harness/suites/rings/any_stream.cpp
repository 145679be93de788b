#include "suites/rings/any_stream.hpp"

namespace annulus::bench {

write_times times_for(const setup& given, std::uint64_t amount) {
  const bool is_paced = given.how.is_paced();
  write_times out(amount / (is_paced ? given.write : block_of(given.write)));
  if (is_paced && given.read == given.write) out.arrivals.resize(out.late.size());
  return out;
}

void add_times(measurement& to, const setup& given, std::vector<write_times> all) {
  write_times sum(0);
  std::vector<double> handovers;
  for (const write_times& each : all) {
    sum.stalls.insert(sum.stalls.end(), each.stalls.begin(), each.stalls.end());
    sum.late.insert(sum.late.end(), each.late.begin(), each.late.end());
    for (std::size_t i = 0; i < each.arrivals.size(); ++i)
      handovers.push_back(each.arrivals[i] - each.late[i]);
  }
  if (given.how.is_paced()) {
    add_percentiles(to.metrics, "handover", handovers);
    add_percentiles(to.metrics, "late", sum.late);
  } else {
    const double us_per_tick = tick_clock::nanoseconds_per_tick() * 1e-3;
    for (double& each : sum.stalls) each *= us_per_tick;
  }
  add_percentiles(to.metrics, "stall", sum.stalls);
}

}  // namespace annulus::bench
