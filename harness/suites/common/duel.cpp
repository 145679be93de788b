#include "suites/common/duel.hpp"

#include <cstdio>
#include <cstdlib>
#include <future>

#include "machine/placement.hpp"
#include "suites/common/spin_wait.hpp"

namespace annulus::bench {

void give_up(const std::string& sentence) {
  std::fprintf(stderr, "annulus: %s\n", sentence.c_str());
  std::_Exit(EXIT_FAILURE);
}

void start_line::follow() noexcept {
  // Relaxed: it cannot change before this thread arrives.
  const auto turn = released_.load(std::memory_order_relaxed) + 1;
  arrived_.fetch_add(1, std::memory_order_release);  // pairs with lead(): what came before is done
  // Acquire: pairs with the release in lead().
  for (spin_wait wait; released_.load(std::memory_order_acquire) < turn;) wait();
}

clock::time_point start_line::lead() noexcept {
  const auto turn = released_.load(std::memory_order_relaxed) + 1;  // written by this thread only
  // Acquire: pairs with the releases in follow().
  for (spin_wait wait; arrived_.load(std::memory_order_acquire) < turn * followers_;) wait();
  const auto start = clock::now();
  released_.store(turn, std::memory_order_release);  // pairs with follow()
  return start;
}

void together(std::span<const party> all) {
  start_line line(all.size() - 1);
  std::vector<std::future<void>> running;
  for (const party& each : all) {
    running.push_back(std::async(std::launch::async, [&line, &each] {
      try {
        harness::pin_thread(each.cpus);
        each.body(line);
      } catch (const std::exception& problem) {
        give_up(problem.what());
      }
    }));
  }
}

void duel(std::span<const int> producer_cpus, std::span<const int> consumer_cpus,
          std::function<void(start_line&)> producer, std::function<void(start_line&)> consumer) {
  const std::vector<party> both{{producer_cpus, std::move(producer)},
                                {consumer_cpus, std::move(consumer)}};
  together(both);
}

void on_cpus(std::span<const int> cpus, const std::function<void()>& work) {
  std::async(std::launch::async, [&] {
    harness::pin_thread(cpus);
    work();
  }).get();
}

}  // namespace annulus::bench
