// Hardware counters, where the machine has some and the kernel permits them.
#pragma once

#include <annulus/core/unique_fd.hpp>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace annulus::harness {

/// Events in user mode. What is not counted is absent, not 0.
struct hardware_counts {
  std::optional<double> cycles{};
  std::optional<double> instructions{};
  std::optional<double> cache_misses{};  ///< of the last level

  hardware_counts& operator+=(const hardware_counts& other) noexcept;
};

/// Between two readings; absent what is absent in one of them.
hardware_counts operator-(const hardware_counts& after, const hardware_counts& before) noexcept;

/// What the kernel tells of one counter: `value` while it ran, for `running` ns of the `enabled`
/// ns, since counters take turns where there are more than the processor has.
struct raw_count {
  std::uint64_t value = 0;
  std::uint64_t enabled = 0;
  std::uint64_t running = 0;
};

/// Scaled to the whole time; nothing if it never ran while it was enabled.
std::optional<double> scaled_count(const raw_count& from) noexcept;

/// Counts the thread that makes it and all threads that are started from there on. Never the
/// kernel's part: whether that may be counted depends on the machine, and would change what a
/// figure means.
class hardware_counters {
 public:
  hardware_counters() noexcept;
  /// So far. May be called by any thread.
  [[nodiscard]] hardware_counts now() const noexcept;

 private:
  std::array<unique_fd, 3> events_;
};

}  // namespace annulus::harness
