#include "suites/common/pace.hpp"

#include <sys/prctl.h>

#include <algorithm>
#include <annulus/core/platform.hpp>
#include <cerrno>
#include <ctime>

namespace annulus::bench {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

real_time::real_time() noexcept : start_(clock::now()) {
  prctl(PR_SET_TIMERSLACK, 1UL);  // nanosecond; the default of 50 µs is as long as an interval
}

load::duration real_time::now() noexcept {
  return clock::now() - start_;
}

void real_time::wait_until(load::duration at) noexcept {
  constexpr load::duration worth_a_sleep = 20us;
  if (at - now() > worth_a_sleep) {
    const auto since = (start_ + at).time_since_epoch();
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since);
    const timespec due{static_cast<time_t>(seconds.count()),
                       static_cast<long>(std::chrono::nanoseconds(since - seconds).count())};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, nullptr) == EINTR) {
    }
  }
  while (now() < at) std_platform::relax();
}

void pace(const load& how, std::uint64_t bytes, const std::function<void(std::uint64_t)>& prepare,
          const std::function<void(std::uint64_t)>& write, timeline& time, write_times& out) {
  const auto microseconds = [](load::duration taken) {
    return std::chrono::duration<double, std::micro>(taken).count();
  };
  for (std::uint64_t i = 0; i < out.stalls.size(); ++i) {
    prepare(i);
    const auto due = how.due(i * bytes);
    if (time.now() < due) {
      time.wait_until(due);
      out.late[i] = microseconds(time.now() - due);
    }
    write(i);
    out.stalls[i] = microseconds(time.now() - due);
  }
}

void stop_if_due(stop_schedule& schedule, std::uint64_t bytes, timeline& time) {
  const auto now = time.now();
  const auto stop = schedule.before_read(now, bytes);
  if (stop.count() > 0) time.wait_until(now + stop);
}

double at_per_mille(const std::vector<double>& sorted, unsigned per_mille) noexcept {
  return sorted[(sorted.size() - 1) * per_mille / 1000];
}

void add_percentiles(std::map<std::string, double>& to, const std::string& name,
                     std::vector<double>& values) {
  if (values.empty()) return;
  std::sort(values.begin(), values.end());
  to[name + "_p50_us"] = at_per_mille(values, 500);
  to[name + "_p99_us"] = at_per_mille(values, 990);
  to[name + "_p99.9_us"] = at_per_mille(values, 999);
  to[name + "_max_us"] = values.back();
}

}  // namespace annulus::bench
