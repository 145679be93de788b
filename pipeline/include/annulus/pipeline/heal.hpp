// Rebuilding the shards of an object that are missing or damaged.
#pragma once

#include <annulus/pipeline/object.hpp>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace annulus::pipeline {

struct heal_options {
  std::string name;  ///< of the object
  /// All that the object is on, at least one a shard, also those that are gone. A shard whose disk
  /// does not tell which it was becomes the one of the disk's place in this list, if that is lost,
  /// as `put` would have it.
  std::vector<std::filesystem::path> disks;
  bool dry_run = false;  ///< only say what would be done; changes nothing
  bool sync = true;      ///< bytes and names are on disk before `heal` returns
  std::stop_token stop{};
  /// Called while all shards are read, with the bytes so far and in all.
  std::function<void(std::uint64_t, std::uint64_t)> checking{};
  /// Called while shards are rebuilt, with the object's bytes so far and in all.
  std::function<void(std::uint64_t, std::uint64_t)> rebuilding{};
};

/// A shard that was to be rebuilt.
struct healed_shard {
  std::filesystem::path disk;
  unsigned shard = 0;         ///< 0 to data + parity - 1; data shards first
  std::string fault;          ///< what was wrong with what the disk had
  bool disk_is_gone = false;  ///< its directory was missing; heal makes it anew
  std::string failure{};      ///< why it could not be rebuilt; empty if it was, or could be
  bool bind_only = false;     ///< the disk has it whole; only its binding is made
};

struct heal_report {
  object_meta meta;                    ///< its `shard` means nothing
  std::vector<healed_shard> shards{};  ///< in shard order; none if the object is whole
};

/// Reads every frame of an object and rebuilds the shards that `verify` finds at fault from the
/// good frames of the others, byte for byte as `put` stored them: block by block, staged, then
/// renamed into place, so that a kill at any moment leaves the object as readable as it was and
/// another `heal` finishes it. A whole shard is never changed; to an unbound one its binding is
/// added. If the object is whole, or cannot be rebuilt, nothing is changed, but for what recovery
/// does to the leftovers of killed puts and heals. What no put has made stays where it is, and the
/// shard that should be there is not rebuilt. The directory of a disk that is gone is made, but not
/// one above it. A disk that cannot take its shard does not keep others from theirs. If another put
/// takes the name meanwhile, no shard is changed. Memory: a block and its parity, whatever the
/// object's size.
///
/// Throws error: not found; fewer disks than shards; a block with fewer than `data` good frames
/// (the sentence lists each disk at fault and why), or whose frames disagree while nothing tells
/// which are right; interrupted. Then no shard was changed.
heal_report heal(const heal_options& how);

}  // namespace annulus::pipeline
