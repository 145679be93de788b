// What is measured, and what one turn of it gives.
#pragma once

#include <annulus/core/copy.hpp>
#include <annulus/memory.hpp>
#include <annulus/stats.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "suites/common/load.hpp"

namespace annulus::bench {

/// The payload did not arrive as it was sent.
struct corruption : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// What a turn is given.
struct setup {
  std::vector<int> producer_cpus{};  ///< empty: where the kernel puts it
  std::vector<int> consumer_cpus{};
  std::size_t ring_size = 0;
  std::uint64_t amount =
      0;  ///< to move or do, at least, in the shape's own unit; 0: as much as takes `seconds`
  double seconds = 0.1;
  // Of the shape flow.
  std::size_t write = 0;  ///< bytes of one
  std::size_t read = 0;
  bool in_place = false;  ///< made and checked in the ring's own memory
  std::size_t pairs = 1;  ///< of a producer and a consumer, with a channel each, at once
  memory_policy pages = memory_policy::usual();
  std::size_t batch = 1;  ///< writes between two flushes of a corked writer; 1: it is not corked
  std::size_t off = 0;    ///< bytes that what is written and read lies off a cache line
  std::optional<copy_pair> copies{};  ///< how large pieces are copied; none: the ring chooses
  std::optional<std::chrono::microseconds> patience{};  ///< with wakes; none: the ring's own
  bool cold = false;  ///< the channel's memory is first touched while the clock runs
  load how{};
};

/// One turn.
struct measurement {
  double seconds = 0;        ///< from the release of the start line until the last byte is checked
  std::uint64_t amount = 0;  ///< as in setup
  std::uint64_t bytes = 0;   ///< moved and checked
  std::map<std::string, double> metrics{};
  std::optional<ring_stats> counted{};    ///< by the channels themselves, while the clock ran
  std::optional<memory_report> memory{};  ///< of one ring, at the end
};

// Metrics, by name; the unit is part of it. Those that all suites have are in measure/suite.hpp.
inline constexpr auto writes_per_second = "writes_per_second";
inline constexpr auto kernel_calls = "kernel_calls_per_million_writes";

/// Who made it.
enum class side { ours, peer, roof };

/// One shape of one channel.
struct contender {
  std::string shape;
  std::string channel;
  side whose = side::ours;
  std::function<measurement(const setup&)> run;
  std::uint64_t first_amount = 1 << 14;  ///< to try, when it has to be found out
  std::size_t unit = 1;                  ///< that all sizes are multiples of
  bool in_place = false;                 ///< it can be used so
  bool adapts = false;  ///< it chooses copies and moderates wakes, and can be told not to
  /// Makes the channel's memory and gives it back; throws std::system_error if it cannot be had.
  /// Empty: it knows no memory policy.
  std::function<void(std::size_t, const memory_policy&)> try_memory{};
};

}  // namespace annulus::bench
