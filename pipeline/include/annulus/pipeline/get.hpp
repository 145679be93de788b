// Reading an object back from any `data` of its shards.
#pragma once

#include <annulus/pipeline/object.hpp>
#include <annulus/transfer.hpp>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <system_error>
#include <vector>

namespace annulus::pipeline {

/// Bytes first to last of an object, both included, as in HTTP.
struct byte_range {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

struct get_options {
  std::string name;
  std::vector<std::filesystem::path> disks;  ///< in any order; missing ones may be left out
  std::optional<byte_range> range{};
  std::stop_token stop{};
  /// Called with the bytes emitted so far and in all.
  std::function<void(std::uint64_t, std::uint64_t)> progress{};
};

struct get_report {
  object_meta meta;
  std::uint64_t bytes = 0;          ///< emitted
  std::uint64_t reconstructed = 0;  ///< blocks of which a data shard had to be computed
  std::uint64_t rotten_frames = 0;  ///< frames that failed their hash, or lay elsewhere; not used
};

/// Emits the object's bytes in order, in pieces of up to a block, each checked before it is
/// emitted. An error that `emit` returns ends it. Throws error: not found, a range outside the
/// object, or fewer than `data` good shards (the sentence lists each disk at fault and why).
get_report get(const get_options& what, const std::function<std::error_code(bytes_view)>& emit);

}  // namespace annulus::pipeline
