#include "suites/rings/idle.hpp"

#include <ctime>
#include <future>

#include "machine/placement.hpp"
#include "suites/common/pace.hpp"

namespace annulus::bench {
namespace {

// The CPU time of this process in % of one CPU, while it does nothing but wait.
double idle_percent(load::duration length) {
  const auto used = [] {
    timespec at{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return static_cast<double>(at.tv_sec) + 1e-9 * static_cast<double>(at.tv_nsec);
  };
  const auto before = used();
  real_time time;
  time.wait_until(length);
  return (used() - before) / std::chrono::duration<double>(time.now()).count() * 100;
}

// While another thread does `wait`.
double waiting_percent(load::duration length, std::span<const int> cpus,
                       const std::function<void()>& wait, const std::function<void()>& release) {
  // Time for an end that is about to wait to do so: to spin as long as it will, and to sleep.
  constexpr std::chrono::milliseconds settling{20};
  auto waiting = std::async(std::launch::async, [&] {
    harness::pin_thread(cpus);
    wait();
  });
  real_time().wait_until(settling);
  const double found = idle_percent(length);
  release();
  waiting.get();
  return found;
}

}  // namespace

measurement watch_waits(const setup& given, const waits& ends) {
  const std::chrono::milliseconds each(given.amount);
  measurement out;
  out.amount = given.amount;
  out.seconds = 2 * std::chrono::duration<double>(each).count();
  out.metrics[reader_cpu] =
      waiting_percent(each, given.consumer_cpus, ends.read_from_empty, ends.feed);
  out.metrics[writer_cpu] =
      waiting_percent(each, given.producer_cpus, ends.write_beyond_full, ends.drain);
  return out;
}

}  // namespace annulus::bench
