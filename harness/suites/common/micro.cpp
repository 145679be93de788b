#include "suites/common/micro.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <exception>

#include "machine/placement.hpp"
#include "suites/common/usage.hpp"

namespace annulus::bench {
namespace {

using harness::json;

// The amount that lasts as long as asked for.
std::uint64_t calibrated(const contender& what, setup given) {
  constexpr double enough = 0.1;  // of the time asked for, for its rate to be trusted
  constexpr double most_growth = 16;
  const auto scaled = [](std::uint64_t amount, double factor) {
    return static_cast<std::uint64_t>(std::llround(static_cast<double>(amount) * factor));
  };
  given.amount = what.first_amount;
  for (;;) {
    const auto tried = what.run(given);
    const double factor = given.seconds / std::max(tried.seconds, 1e-9);
    if (factor * enough <= 1) return std::max<std::uint64_t>(1, scaled(tried.amount, factor));
    given.amount = scaled(tried.amount, std::min(factor, most_growth));
  }
}

// Takes the time of the one iteration, where the reporters of the library print it.
class taker : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    seconds = runs.front().real_accumulated_time;
  }
  double seconds = 0;
};

measurement timed(const contender& what, const setup& given) {
  measurement out;
  std::exception_ptr problem;
  const auto body = [&](benchmark::State& state) {
    for (auto _ : state) {
      try {
        out = what.run(given);
        state.SetIterationTime(out.seconds);
      } catch (...) {
        problem = std::current_exception();
        state.SkipWithError("it failed");
        break;
      }
    }
  };
  benchmark::RegisterBenchmark(what.channel.c_str(), body)->Iterations(1)->UseManualTime();
  taker kept;
  benchmark::RunSpecifiedBenchmarks(&kept);
  benchmark::ClearRegisteredBenchmarks();
  if (problem) std::rethrow_exception(problem);
  out.seconds = kept.seconds;
  return out;
}

json details_of(const measurement& from) {
  json out;
  if (from.counted) out["occupancy"] = occupancy_of(*from.counted);
  if (from.memory) {
    out["memory"] = {{"bytes", from.memory->bytes},
                     {"page_bytes", from.memory->page_bytes},
                     {"huge_bytes", from.memory->huge_bytes},
                     {"locked_bytes", from.memory->locked_bytes}};
    out["pages"] = harness::pages_json(*from.memory);
  }
  return out;
}

}  // namespace

harness::cell_result measure(const contender& what, setup given) {
  if (given.amount == 0) given.amount = calibrated(what, given);
  const measurement done = timed(what, given);
  harness::cell_result out;
  out.verified = true;  // else it had thrown
  out.bytes = done.bytes;
  out.amount = done.amount;
  out.seconds = done.seconds;
  out.metrics = done.metrics;
  out.details = details_of(done);
  return out;
}

const contender* find(const std::vector<contender>& all, const std::string& shape,
                      const std::string& channel) {
  const auto at = std::find_if(all.begin(), all.end(), [&](const contender& each) {
    return each.shape == shape && each.channel == channel;
  });
  return at == all.end() ? nullptr : &*at;
}

}  // namespace annulus::bench
