// Ends that keep to a schedule, whatever the clock.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "suites/common/load.hpp"

namespace annulus::bench {

/// Time as one end sees it, from its start on.
class timeline {
 public:
  virtual ~timeline() = default;
  [[nodiscard]] virtual load::duration now() noexcept = 0;
  virtual void wait_until(load::duration at) noexcept = 0;
};

/// The machine's, for the thread that makes it. Waits in the kernel, which takes no CPU time,
/// unless the moment is so near that this would take longer.
class real_time final : public timeline {
 public:
  real_time() noexcept;
  [[nodiscard]] load::duration now() noexcept override;
  void wait_until(load::duration at) noexcept override;
  [[nodiscard]] std::chrono::steady_clock::time_point start() const noexcept { return start_; }

 private:
  std::chrono::steady_clock::time_point start_;
};

/// How long some writes took, in µs. Its memory is there before the first of them.
struct write_times {
  explicit write_times(std::uint64_t count) : stalls(count), late(count) {}

  std::vector<double> stalls;  ///< from the moment that the write was due until it was done
  std::vector<double>
      late;  ///< that the producer itself overslept before it; no channel can help that
  /// From the moment that it was due until the consumer had it and had looked at it; empty: not
  /// timed.
  std::vector<double> arrivals{};
};

/// Makes the writes, of `bytes` each, when `how` has them due: `prepare(i)`, then, not before it is
/// due, `write(i)`. One that is late is made at once. A stall counts from the intended start: a
/// write that waits for its turn behind a stalled one is stalled as well, and to leave it out would
/// hide all but one write of each stall.
void pace(const load& how, std::uint64_t bytes, const std::function<void(std::uint64_t)>& prepare,
          const std::function<void(std::uint64_t)>& write, timeline& time, write_times& out);

/// Has a consumer stop, if `schedule` says so, before it reads `bytes`.
void stop_if_due(stop_schedule& schedule, std::uint64_t bytes, timeline& time);

/// Percentiles of `values`, which it sorts, as NAME_p50_us, …_p99_us, …_p99.9_us and …_max_us.
/// Nothing of no values.
void add_percentiles(std::map<std::string, double>& to, const std::string& name,
                     std::vector<double>& values);

/// The value below which `per_mille` thousandths of the others lie. Precondition: sorted, not
/// empty.
double at_per_mille(const std::vector<double>& sorted, unsigned per_mille) noexcept;

}  // namespace annulus::bench
