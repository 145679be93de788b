#include <fmt/format.h>

#include <algorithm>
#include <annulus/pipeline/disk.hpp>
#include <annulus/pipeline/error.hpp>
#include <annulus/pipeline/shards.hpp>
#include <annulus/pipeline/verify.hpp>

#include "buffer.hpp"

namespace annulus::pipeline {
namespace {

// Counts, for each block, the shards whose frame of it is good, and names the faults of each shard.
void check_frames(found_object& object, object_state& state, const std::stop_token& stop) {
  const auto& meta = object.meta;
  const auto blocks = meta.geometry.blocks(meta.size);
  std::vector<unsigned> good(blocks);
  const auto longest =
      static_cast<std::size_t>(std::min<std::uint64_t>(meta.geometry.block, meta.size));
  const buffer frame(meta.geometry.frame_size(longest));
  for (std::size_t d = 0; d < object.disks.size(); ++d) {
    auto& shard = object.disks[d];
    if (!shard.source) continue;
    std::uint64_t first_bad = 0;
    for (std::uint64_t b = 0; b < blocks; ++b) {
      if (stop.stop_requested()) throw error(error_kind::cancelled, "verify was interrupted");
      const auto length = meta.geometry.block_length(b, meta.size);
      if (shard.source->read_frame(b, frame.first(meta.geometry.frame_size(length)))) {
        ++good[b];
      } else if (state.shards[d].bad_frames++ == 0) {
        first_bad = b;
      }
    }
    if (state.shards[d].bad_frames == 0) {
      ++state.whole_shards;
    } else {
      state.shards[d].fault = fmt::format("rotten: {} of {} frames, the first is {}",
                                          state.shards[d].bad_frames, blocks, first_bad);
    }
  }
  state.recoverable =
      object.usable().size() >= state.data &&
      std::all_of(good.begin(), good.end(), [&](unsigned n) { return n >= state.data; });
}

object_state verify_object(const std::string& name, const verify_options& what) {
  object_state state{.name = name};
  for (const auto& disk : what.disks) state.shards.push_back({disk, {}, 0});
  try {
    auto object = find_shards(name, what.disks);
    state.size = object.meta.size;
    state.data = object.meta.geometry.data;
    state.parity = object.meta.geometry.parity;
    for (std::size_t d = 0; d < object.disks.size(); ++d)
      state.shards[d].fault = object.disks[d].fault;
    check_frames(object, state, what.stop);
  } catch (const error& problem) {
    if (problem.kind() != error_kind::failed) throw;
    for (auto& shard : state.shards) shard.fault = problem.what();
  }
  return state;
}

}  // namespace

std::vector<object_state> verify(const verify_options& what) {
  check_disk_list(what.disks);
  auto names = object_names(what.disks);
  if (!what.name.empty()) {
    check_object_name(what.name);
    if (!std::binary_search(names.begin(), names.end(), what.name)) {
      throw error(error_kind::failed, fmt::format("object '{}' is on none of the {} disks",
                                                  what.name, what.disks.size()));
    }
    names = {what.name};
  }
  std::vector<object_state> states;
  for (const auto& name : names) {
    if (what.progress) what.progress(name);
    states.push_back(verify_object(name, what));
  }
  return states;
}

}  // namespace annulus::pipeline
