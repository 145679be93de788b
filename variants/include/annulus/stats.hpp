// What a ring counts about itself.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace annulus {

/// The counts of one end.
struct end_stats {
  std::uint64_t bytes = 0;             ///< bytes that this end moved
  std::uint64_t waits = 0;             ///< calls that had to wait
  std::uint64_t parks = 0;             ///< times that it slept in the kernel
  std::uint64_t wakes = 0;             ///< times that it woke the other end
  std::chrono::nanoseconds stalled{};  ///< time spent in those waits
};

/// A snapshot; fields may be a call apart when taken while an end is in a call.
struct ring_stats {
  end_stats writer;
  end_stats reader;
};

/// The counters behind `end_stats`. Only the owning end adds, any thread reads: relaxed loads and
/// stores suffice, since a count publishes nothing.
template <class Platform>
class end_counters {
 public:
  void moved(std::uint64_t n) noexcept { add(bytes_, n); }
  void parked() noexcept { add(parks_, 1); }
  void woke() noexcept { add(wakes_, 1); }
  void waited(std::chrono::nanoseconds time) noexcept {
    add(waits_, 1);
    add(stalled_, static_cast<std::uint64_t>(time.count()));
  }
  [[nodiscard]] end_stats snapshot() const noexcept {
    return {get(bytes_), get(waits_), get(parks_), get(wakes_),
            std::chrono::nanoseconds(static_cast<std::int64_t>(get(stalled_)))};
  }
  void reset() noexcept {
    for (auto* each : {&bytes_, &waits_, &parks_, &wakes_, &stalled_}) {
      each->store(0, std::memory_order_relaxed);
    }
  }

 private:
  using counter = typename Platform::template atomic<std::uint64_t>;
  static std::uint64_t get(const counter& c) noexcept { return c.load(std::memory_order_relaxed); }
  static void add(counter& c, std::uint64_t n) noexcept {
    c.store(c.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }

  counter bytes_{0}, waits_{0}, parks_{0}, wakes_{0}, stalled_{0};
};

/// Runs `wait` and counts it and its time. The clock is read only here: a call that need not wait
/// pays nothing.
template <class Platform, class Wait>
auto timed(end_counters<Platform>& counters, Wait wait) {
  const auto start = Platform::now();
  auto result = wait();
  counters.waited(Platform::now() - start);
  return result;
}

}  // namespace annulus
