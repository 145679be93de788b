// Checking every frame of every shard.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace annulus::pipeline {

/// What one disk holds of an object.
struct shard_state {
  std::filesystem::path disk;
  std::string fault;  ///< empty if the shard is whole
  std::uint64_t bad_frames = 0;
};

struct object_state {
  std::string name;
  std::uint64_t size = 0;
  unsigned data = 0, parity = 0;
  unsigned whole_shards = 0;
  std::vector<shard_state> shards{};

  bool recoverable = false;  ///< `get` returns it: every block has `data` good frames

  [[nodiscard]] bool whole() const noexcept { return data > 0 && whole_shards == data + parity; }
};

struct verify_options {
  std::vector<std::filesystem::path> disks;
  std::string name{};  ///< empty: all objects
  std::stop_token stop{};
  std::function<void(const std::string&)> progress{};  ///< called before each object
};

/// Throws error(failed) if a named object is on none of the disks.
std::vector<object_state> verify(const verify_options& what);

}  // namespace annulus::pipeline
