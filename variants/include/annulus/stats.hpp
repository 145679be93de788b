// What a ring says of itself: its kind, what it counts, and how full it is.
#pragma once

#include <algorithm>
#include <annulus/core/copy.hpp>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace annulus {

/// How full a ring was, in sixteenths of its capacity: [0] below one sixteenth, … [15] fifteen and
/// more, [16] full.
using occupancy_histogram = std::array<std::uint64_t, 17>;

/// The counts of one end.
struct end_stats {
  std::uint64_t bytes = 0;             ///< bytes that this end moved
  std::uint64_t overwritten = 0;       ///< bytes that this writer dropped to make room
  std::uint64_t waits = 0;             ///< times that it had to wait
  std::uint64_t stalls = 0;            ///< waits that outlasted a first glance, and are timed
  std::uint64_t parks = 0;             ///< times that it slept in the kernel
  std::uint64_t wakes = 0;             ///< times that it woke the other end
  std::uint64_t kernel_calls = 0;      ///< system calls made for waiting and waking
  std::uint64_t barriers = 0;          ///< of these: memory barriers on all cores (membarrier)
  std::chrono::nanoseconds stalled{};  ///< time spent in those stalls
  std::chrono::nanoseconds slept{};    ///< of this: asleep in the kernel; the rest spun
  /// Seen by this end, at most once for each 64 KiB or sixteenth of the ring that it moved,
  /// whichever is more, so that it costs nothing and counts bytes, not calls.
  occupancy_histogram occupancy{};

  /// Sums up the same end of several rings.
  end_stats& operator+=(const end_stats& other) noexcept {
    bytes += other.bytes;
    overwritten += other.overwritten;
    waits += other.waits;
    stalls += other.stalls;
    parks += other.parks;
    wakes += other.wakes;
    kernel_calls += other.kernel_calls;
    barriers += other.barriers;
    stalled += other.stalled;
    slept += other.slept;
    for (std::size_t i = 0; i < occupancy.size(); ++i) occupancy[i] += other.occupancy[i];
    return *this;
  }
};

/// A snapshot; fields may be a call apart when taken while an end is in a call.
struct ring_stats {
  end_stats writer;
  end_stats reader;
  copy_pair copies{};  ///< how large pieces are copied, where the ring chooses
};

/// How many bytes an end moves between two looks for the histogram.
[[nodiscard]] inline std::size_t sample_interval(std::size_t capacity) noexcept {
  return std::max<std::size_t>(capacity / 16, std::size_t{64} << 10);
}

/// The counters behind `end_stats`. Only the owning end adds, any thread reads: relaxed loads and
/// stores suffice, since a count publishes nothing.
template <class Platform>
class end_counters {
 public:
  void moved(std::uint64_t n) noexcept { add(bytes_, n); }
  void overwrote(std::uint64_t n) noexcept { add(overwritten_, n); }
  void waited() noexcept { add(waits_, 1); }
  void parked() noexcept { add(parks_, 1); }
  void woke() noexcept { add(wakes_, 1); }
  void entered_kernel(std::uint64_t calls) noexcept { add(kernel_calls_, calls); }
  /// Those that were calls into the kernel.
  void fenced(std::uint64_t barriers) noexcept {
    add(barriers_, barriers);
    entered_kernel(barriers);
  }
  void slept(std::chrono::nanoseconds time) noexcept {
    add(slept_, static_cast<std::uint64_t>(time.count()));
  }
  void stalled(std::chrono::nanoseconds time) noexcept {
    add(stalls_, 1);
    add(stalled_, static_cast<std::uint64_t>(time.count()));
  }
  /// Precondition: capacity > 0.
  void saw(std::size_t buffered, std::size_t capacity) noexcept {
    const auto top = occupancy_.size() - 1;
    const auto bucket = buffered >= capacity ? top : buffered / ((capacity + top - 1) / top);
    add(occupancy_[bucket], 1);
  }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return get(bytes_); }
  [[nodiscard]] end_stats snapshot() const noexcept {
    end_stats seen{.bytes = get(bytes_),
                   .overwritten = get(overwritten_),
                   .waits = get(waits_),
                   .stalls = get(stalls_),
                   .parks = get(parks_),
                   .wakes = get(wakes_),
                   .kernel_calls = get(kernel_calls_),
                   .barriers = get(barriers_),
                   .stalled = std::chrono::nanoseconds(static_cast<std::int64_t>(get(stalled_))),
                   .slept = std::chrono::nanoseconds(static_cast<std::int64_t>(get(slept_))),
                   .occupancy = {}};
    for (std::size_t i = 0; i < occupancy_.size(); ++i) seen.occupancy[i] = get(occupancy_[i]);
    return seen;
  }
  void reset() noexcept {
    for (auto* each : {&bytes_, &overwritten_, &waits_, &stalls_, &parks_, &wakes_, &kernel_calls_,
                       &barriers_, &stalled_, &slept_}) {
      each->store(0, std::memory_order_relaxed);
    }
    for (auto& each : occupancy_) each.store(0, std::memory_order_relaxed);
  }

 private:
  // One that the checker need not follow: a count publishes nothing.
  using counter = std::atomic<std::uint64_t>;
  static std::uint64_t get(const counter& c) noexcept { return c.load(std::memory_order_relaxed); }
  static void add(counter& c, std::uint64_t n) noexcept {
    c.store(c.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }

  counter bytes_{0}, overwritten_{0}, waits_{0}, stalls_{0}, parks_{0}, wakes_{0}, kernel_calls_{0},
      barriers_{0}, stalled_{0}, slept_{0};
  std::array<counter, std::tuple_size_v<occupancy_histogram>> occupancy_{};
};

/// Around a sleep in the kernel: counts it and its time, and that its thread wants no core
/// meanwhile. The count comes first: others may look whether this end sleeps.
template <class Platform>
class timed_sleep {
 public:
  explicit timed_sleep(end_counters<Platform>& counters) noexcept : counters_(counters) {
    counters.parked();
    Platform::demand::enlist();
    Platform::demand::sleeps();
  }
  timed_sleep(const timed_sleep&) = delete;
  timed_sleep& operator=(const timed_sleep&) = delete;
  ~timed_sleep() {
    Platform::demand::wakes();
    counters_.slept(Platform::now() - start_);
  }

 private:
  end_counters<Platform>& counters_;
  const typename Platform::clock::time_point start_ = Platform::now();
};

/// Runs a wait and counts it and its time.
template <class Platform, class Wait>
auto timed(end_counters<Platform>& counters, Wait wait) {
  counters.waited();
  const auto start = Platform::now();
  auto result = wait();
  counters.stalled(Platform::now() - start);
  return result;
}

/// What `annulus variants` prints; a ring specialises `variant<Ring>`.
struct variant_info {
  std::string_view name;
  std::string_view storage;
  std::string_view waiting;
  bool buffered;      ///< a write can complete before the reader asks for it
  bool contiguous;    ///< every reservation and peek is one span
  bool kernel_waits;  ///< a blocked end sleeps in the kernel
  std::string_view source;
};

template <class Ring>
inline constexpr variant_info variant = Ring::no_variant_info;

/// The observers of both ends and of the ring itself, derived from the ring's size() and
/// capacity(). `Self` provides `ring_of()`.
template <class Self>
class observers {
 public:
  [[nodiscard]] std::size_t size() const noexcept { return core().buffered(); }
  [[nodiscard]] std::size_t capacity() const noexcept { return core().storage_capacity(); }
  [[nodiscard]] std::size_t limit() const noexcept { return core().span_limit(); }
  [[nodiscard]] std::size_t free() const noexcept {
    const auto used = size();
    return used < capacity() ? capacity() - used : 0;
  }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  [[nodiscard]] bool full() const noexcept { return free() == 0; }
  [[nodiscard]] ring_stats stats() const noexcept { return core().counted(); }

 private:
  [[nodiscard]] const auto& core() const noexcept {
    return static_cast<const Self&>(*this).observed();
  }
};

}  // namespace annulus
