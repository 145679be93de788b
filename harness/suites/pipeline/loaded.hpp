// A put whose producer, or whose sinks, keep to a load.
#pragma once

#include <annulus/pipeline/put.hpp>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "suites/common/load.hpp"
#include "suites/common/pace.hpp"

namespace annulus::suites {

/// When the blocks of an object are due, and how late each of them began.
class block_pace {
 public:
  /// The first block is due now. Both must outlive this. Precondition: how.is_paced().
  block_pace(const bench::load& how, bench::timeline& time) : how_(how), time_(time) {}

  /// Waits until the block that begins at this byte of the object is due.
  void reached(std::uint64_t position);
  /// Of each block, and of what would follow the last one.
  [[nodiscard]] const std::vector<std::chrono::nanoseconds>& late() const noexcept { return late_; }

 private:
  const bench::load& how_;
  bench::timeline& time_;
  std::vector<std::chrono::nanoseconds> late_{std::chrono::nanoseconds{}};
};

/// Of each frame, from the moment that its block was due: how long after it the block began, and
/// what it then waited for its ring, behind those of the block that were before it. `waits` has a
/// frame of each block for each shard, shard by shard, as put_report::stalls. Precondition: `late`
/// has every block.
std::vector<std::chrono::nanoseconds> stalls_from_due(
    std::span<const std::chrono::nanoseconds> late, std::span<const std::chrono::nanoseconds> waits,
    std::size_t shards, pipeline::put_mode mode, pipeline::hand_over hand);

/// Has one put keep to a load: sets the hooks of its options, behind those that are set already,
/// and must outlive it.
class loaded_put {
 public:
  loaded_put(const bench::load& how, pipeline::put_options& put);
  loaded_put(const loaded_put&) = delete;
  loaded_put& operator=(const loaded_put&) = delete;

  /// Of all frames: as the report says, or if the producer is paced, from the moments that they
  /// were due.
  [[nodiscard]] std::vector<std::chrono::nanoseconds> stalls(
      const pipeline::put_report& report) const;

 private:
  struct sink {
    sink(const bench::load& how, std::uint64_t seed) : schedule(how, seed) {}
    bench::real_time time{};
    bench::stop_schedule schedule;
  };

  void pace_producer();
  void stop_sinks();

  bench::load how_;
  bench::load of_sink_;  ///< what one of them has to keep to
  pipeline::put_options& put_;
  std::once_flag started_;
  std::optional<bench::real_time> time_;
  std::optional<block_pace> pace_;
  std::vector<std::optional<sink>> sinks_;  ///< each for the thread that drains to it
};

}  // namespace annulus::suites
