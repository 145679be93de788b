// Checking every frame of every shard.
#pragma once

#include <algorithm>
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
  std::string fault{};  ///< empty if the shard is whole
  std::uint64_t bad_frames = 0;
  bool unbound = false;  ///< whole, but nothing binds its frames to their place; `heal` does
};

struct object_state {
  std::string name;
  std::uint64_t size = 0;
  unsigned data = 0, parity = 0;
  unsigned whole_shards = 0;
  std::vector<shard_state> shards{};  ///< one a disk

  bool recoverable = false;  ///< `get` returns it: every block has `data` good frames
  bool disagree = false;     ///< of some block nothing tells which frames are right

  [[nodiscard]] bool whole() const noexcept { return data > 0 && whole_shards == data + parity; }
  [[nodiscard]] bool unbound() const noexcept {
    return std::any_of(shards.begin(), shards.end(), [](const auto& one) { return one.unbound; });
  }
};

struct verify_options {
  std::vector<std::filesystem::path> disks;
  std::string name{};  ///< empty: all objects
  std::stop_token stop{};
  std::function<void(const std::string&)> progress{};  ///< called before each object
};

struct verify_report {
  std::vector<object_state> objects{};
  std::vector<std::string> passed_over{};  ///< a sentence each; only when all objects are verified
};

/// Reads every frame of every shard, parity too, and checks its hash, its place and, by the erasure
/// code, that it belongs to the others. O(bytes stored). Throws error: failed if a named object is
/// on none of the disks; cancelled.
verify_report verify(const verify_options& what);

}  // namespace annulus::pipeline
