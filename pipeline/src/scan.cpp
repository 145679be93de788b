#include "scan.hpp"

#include <algorithm>

#include "buffer.hpp"
#include "format.hpp"

namespace annulus::pipeline {

object_state scan(found_object& object,
                  const std::function<void(std::uint64_t, std::uint64_t)>& step) {
  const auto size = object.meta.size;
  const auto& shape = object.meta.geometry;
  object_state state{
      .name = object.meta.name, .size = size, .data = shape.data, .parity = shape.parity};
  const auto blocks = shape.blocks(size);
  const auto usable = object.usable().size();
  const auto total = usable * shape.stream_size(size);
  std::uint64_t done = 0;
  std::vector<unsigned> good(blocks);  // frames of each block
  const buffer frame(
      shape.frame_size(static_cast<std::size_t>(std::min<std::uint64_t>(shape.block, size))));
  for (auto& shard : object.disks) {
    auto& seen = state.shards.emplace_back(shard_state{.disk = shard.disk, .fault = {}});
    if (shard.source) {
      std::uint64_t first_bad = 0;
      for (std::uint64_t b = 0; b < blocks; ++b) {
        step(done, total);
        const auto bytes = shape.frame_size(shape.block_length(b, size));
        done += bytes;
        if (shard.source->read_frame(b, frame.first(bytes))) {
          ++good[b];
        } else if (seen.bad_frames++ == 0) {
          first_bad = b;
        }
      }
      shard.fault = seen.bad_frames == 0 ? shard.source->fault_beside_frames(blocks)
                                         : formatted("rotten: {} of {} frames, the first is {}",
                                                     seen.bad_frames, blocks, first_bad);
      if (shard.fault.empty()) ++state.whole_shards;
    }
    seen.fault = shard.fault;
  }
  state.recoverable =
      usable >= state.data &&
      std::all_of(good.begin(), good.end(), [&](unsigned n) { return n >= state.data; });
  return state;
}

}  // namespace annulus::pipeline
