// Many threads, one of whom does the work of all: each job is done once, one at a time, and nobody
// is left asleep, also when who leads hands over.
#pragma once

#include <annulus/chunklog/combining.hpp>

#include "checker/checked.hpp"
#include "checker/platform.hpp"
#include "checker/scenario.hpp"

namespace annulus::model {

/// Looks before it sleeps.
struct glancing_platform : platform_base {
  static int pauses_in(std::chrono::nanoseconds) noexcept { return 2; }
};

struct counted_job {
  int number = 0;
  var<int> done = 0;
};

/// A leader hands over behind `Most` jobs; with 0, to whoever waits.
template <int Most, class Platform = platform_base>
void combine(int threads, int jobs) {
  chunklog::combining_stack<Platform, counted_job, Most> stack;
  // Nothing else orders these: the checker tells if two perform at once.
  var<int> performed = 0;
  var<int> sum = 0;
  for (int t = 0; t < threads; ++t) {
    thread("thread " + std::to_string(t), [&, t] {
      for (int i = 0; i < jobs; ++i) {
        counted_job mine;
        mine.number = 1 << (t * jobs + i);
        stack.run(mine, [&](counted_job& each) {
          performed = performed + 1;
          sum = sum + each.number;
          each.done = each.done + 1;
        });
        require(mine.done == 1, "a job has been done once when its call returns");
      }
    });
  }
  join();
  require(performed == threads * jobs, "as many jobs were done as were brought");
  require(sum == (1 << (threads * jobs)) - 1, "each of them");
}

/// Jobs are done in the order of their arrival: a thread's second one behind what it saw done.
template <int Most>
void in_order() {
  chunklog::combining_stack<platform_base, counted_job, Most> stack;
  var<int> last = 0;
  atomic<std::uint32_t> first_is_done(0U);
  const auto run = [&](int number) {
    counted_job mine;
    mine.number = number;
    stack.run(mine, [&](counted_job& each) { last = each.number; });
  };
  thread("first", [&] {
    run(1);
    first_is_done.store(1, std::memory_order_release);
  });
  thread("second", [&] {
    while (first_is_done.load(std::memory_order_acquire) == 0) platform_base::yield();
    run(2);
  });
  join();
  require(last == 2, "the later one is done later");
}

inline checked_list combining_scenarios() {
  checked_list all;
  const limits quick{.preemptions = 3, .stale = 1};
  const limits deep{.preemptions = 4, .stale = 2, .spurious = 1, .runs = 3'000'000};
  all.push_back({"two_threads", [] { combine<64>(2, 1); }, {.preemptions = 4, .stale = 2}, deep});
  all.push_back({"two_threads_twice", [] { combine<64>(2, 2); }, quick, deep});
  all.push_back({"three_threads", [] { combine<64>(3, 1); }, quick, deep});
  all.push_back({"three_threads_handing_over", [] { combine<0>(3, 1); }, quick, deep});
  all.push_back({"three_threads_handing_over_behind_one", [] { combine<1>(3, 1); }, quick, deep});
  all.push_back({"two_threads_handing_over", [] { combine<0>(2, 2); }, quick, deep});
  all.push_back({"spurious_wakes",
                 [] { combine<0>(2, 1); },
                 {.preemptions = 2, .stale = 1, .spurious = 2},
                 deep});
  all.push_back({"with_glances", [] { combine<0, glancing_platform>(3, 1); }, quick, deep});
  all.push_back({"in_order", [] { in_order<64>(); }, quick, deep});
  return all;
}

}  // namespace annulus::model
