// Reading every frame of an object.
#pragma once

#include <annulus/pipeline/shards.hpp>
#include <annulus/pipeline/verify.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace annulus::pipeline {

struct scan_result {
  object_state state;
  /// For each shard the copy that is whole, an index into the object's.
  std::vector<std::optional<std::size_t>> holders{};
};

/// Reads every frame of every copy and compares them with each other by the erasure code. What is
/// wrong with each copy and each disk goes to its `fault`. `step` is called before each block with
/// the bytes read so far and in all; what it throws ends the scan.
scan_result scan(found_object& object,
                 const std::function<void(std::uint64_t, std::uint64_t)>& step);

}  // namespace annulus::pipeline
