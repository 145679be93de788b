#include "suites/pipeline/loaded.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace annulus::suites {

using std::chrono::nanoseconds;

void block_pace::reached(std::uint64_t position) {
  const auto due = how_.due(position);
  if (time_.now() < due) time_.wait_until(due);
  late_.push_back(time_.now() - due);
}

std::vector<nanoseconds> stalls_from_due(std::span<const nanoseconds> late,
                                         std::span<const nanoseconds> waits, std::size_t shards,
                                         pipeline::put_mode mode, pipeline::hand_over hand) {
  const bool in_turn = mode == pipeline::put_mode::serial;
  // In place, room for all frames of a block is there before the first of them is made.
  const bool together = hand == pipeline::hand_over::in_place;
  const std::size_t blocks = waits.size() / shards;
  std::vector<nanoseconds> out(waits.size());
  for (std::size_t block = 0; block < blocks; ++block) {
    nanoseconds waited{};
    for (std::size_t at = block; at < waits.size(); at += blocks) {
      waited = in_turn ? waited + waits[at] : together ? std::max(waited, waits[at]) : waits[at];
      out[at] = late[block] + waited;
    }
    for (std::size_t at = block; together && at < out.size(); at += blocks)
      out[at] = late[block] + waited;
  }
  return out;
}

loaded_put::loaded_put(const bench::load& how, pipeline::put_options& put)
    : how_(how), of_sink_(how), put_(put), sinks_(put.geometry.shards()) {
  if (how_.is_paced()) pace_producer();
  if (how_.is_stopped()) stop_sinks();
}

void loaded_put::pace_producer() {
  put_.on_producer = [this, before = std::move(put_.on_producer)] {
    if (before) before();
    // The thread that encodes comes first, and alone.
    std::call_once(started_, [this] { pace_.emplace(how_, time_.emplace()); });
  };
  put_.progress = [this](std::uint64_t position) { pace_->reached(position); };
}

void loaded_put::stop_sinks() {
  // A rate is that of the object: each sink gets its share, hashes included.
  const double share = static_cast<double>(put_.geometry.frame_size(put_.geometry.block)) /
                       static_cast<double>(put_.geometry.block);
  if (how_.drain != 0) {
    of_sink_.drain = static_cast<std::uint64_t>(
        std::max(1LL, std::llround(static_cast<double>(how_.drain) * share)));
  }
  put_.before_sink = [this](std::size_t shard, std::size_t bytes) {
    auto& one = sinks_[shard];
    if (!one) one.emplace(of_sink_, shard);
    stop_if_due(one->schedule, bytes, one->time);
  };
}

std::vector<nanoseconds> loaded_put::stalls(const pipeline::put_report& report) const {
  if (!pace_) return report.stalls;
  return stalls_from_due(pace_->late(), report.stalls, put_.geometry.shards(), put_.mode,
                         put_.hand);
}

}  // namespace annulus::suites
