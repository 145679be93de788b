// Two threads, each on a CPU of its own, that start together.
#pragma once

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <future>

#include "placement.hpp"
#include "spin_wait.hpp"
#include "topology.hpp"

namespace annulus::bench {

using clock = std::chrono::steady_clock;

inline double seconds_between(clock::time_point start, clock::time_point end) noexcept {
  return std::chrono::duration<double>(end - start).count();
}

/// The calling thread's user and system time.
inline double thread_cpu_seconds() noexcept {
  timespec used{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + 1e-9 * static_cast<double>(used.tv_nsec);
}

/// Ends the program: one end of a channel failed, and the other may wait for it for ever.
[[noreturn]] inline void give_up(const std::string& sentence) {
  fmt::print(stderr, "annulus: {}\n", sentence);
  std::_Exit(EXIT_FAILURE);
}

/// Where the two ends meet before they go on together; may be used again and again.
class start_line {
 public:
  /// The consumer's side: waits for the producer.
  void follow() noexcept {
    const auto turn = arrived_.load(std::memory_order_relaxed) + 1;  // written by this thread only
    arrived_.store(turn, std::memory_order_release);  // pairs with lead(): what came before is done
    // Acquire: pairs with the release in lead().
    for (spin_wait wait; released_.load(std::memory_order_acquire) < turn;) wait();
  }

  /// The producer's side: waits for the consumer and releases both. Returns the time just before
  /// the release.
  clock::time_point lead() noexcept {
    const auto turn = released_.load(std::memory_order_relaxed) + 1;  // written by this thread only
    // Acquire: pairs with the release in follow().
    for (spin_wait wait; arrived_.load(std::memory_order_acquire) < turn;) wait();
    const auto start = clock::now();
    released_.store(turn, std::memory_order_release);  // pairs with follow()
    return start;
  }

 private:
  alignas(line_bytes) std::atomic<int> arrived_{0};
  alignas(line_bytes) std::atomic<int> released_{0};
};

/// Runs `producer(line)` and `consumer(line)` at once, each on its CPU, until both have returned.
template <class Producer, class Consumer>
void duel(const harness::cpu_pair& cpus, Producer producer, Consumer consumer) {
  start_line line;
  const auto on = [&line](int cpu, auto& body) {
    try {
      harness::pin_thread(std::array{cpu});
      body(line);
    } catch (const std::exception& problem) {
      give_up(problem.what());
    }
  };
  const auto other = std::async(std::launch::async, [&] { on(cpus.consumer, consumer); });
  const auto one = std::async(std::launch::async, [&] { on(cpus.producer, producer); });
}

}  // namespace annulus::bench
