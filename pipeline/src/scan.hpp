// Reading every frame of an object.
#pragma once

#include <annulus/pipeline/shards.hpp>
#include <annulus/pipeline/verify.hpp>
#include <cstdint>
#include <functional>

namespace annulus::pipeline {

/// Reads every frame of every usable shard. What is wrong with the shard of each disk goes to the
/// result and to the disk's `fault`. `step` is called before each frame with the bytes read so far
/// and in all; what it throws ends the scan.
object_state scan(found_object& object,
                  const std::function<void(std::uint64_t, std::uint64_t)>& step);

}  // namespace annulus::pipeline
