// What disks have that may be a shard of an object, before it is decided which put counts.
#pragma once

#include <annulus/pipeline/disk.hpp>
#include <annulus/pipeline/object.hpp>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace annulus::pipeline {

/// A directory that holds, or should hold, a shard.
struct candidate {
  std::string staged{};  // the entry of the staging directory; empty: under the object's name
  std::shared_ptr<const object_directory> place{};
  std::string fault{};                // why it is of no put
  std::optional<object_meta> meta{};  // if it is: whole, of that name, and not contradicted
};

/// What one disk has of a name: first what lies under it, then what is staged.
struct disk_candidates {
  std::string fault{};  // of the disk
  bool gone = false;
  bool silent = false;
  std::vector<candidate> found{};  // the first is what lies under the name, unless `fault`
};

/// Looks at an open disk.
disk_candidates candidates_on(const disk& where, const std::string& name);

/// The shards of one put among all that was found.
struct put_tally {
  std::size_t shards = 0;  // different ones
  bool published = false;

  put_tally(const std::vector<disk_candidates>& disks, const object_meta& put);
  /// The first shard is published only after the last meta.json is written, so until all are there
  /// the put may not have got that far.
  [[nodiscard]] bool committed(const object_meta& put) const {
    return published || shards >= put.stored;
  }
};

/// The put that has the name: the newest that is committed. Of equal generations, which only puts
/// without a common disk can have, one with enough shards, then the newest by the clock.
std::optional<object_meta> choose(const std::vector<disk_candidates>& disks);

/// The greatest generation that anything tells of a put of the name, proved or not: what cannot be
/// proved today may count when a disk is back or healed. 0 if there is none.
std::uint64_t last_generation(const std::vector<disk_candidates>& disks, const std::string& name);

}  // namespace annulus::pipeline
