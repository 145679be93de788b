// Finding the shards of an object among the disks.
#pragma once

#include <annulus/pipeline/disk.hpp>
#include <annulus/pipeline/object.hpp>
#include <annulus/pipeline/source.hpp>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace annulus::pipeline {

/// A stored shard of an object that can be read. A disk can have several, and several disks one.
struct shard_copy {
  std::size_t disk = 0;  ///< index among those that were asked
  std::string staged{};  ///< the entry of the staging directory; empty: under the object's name
  object_meta meta{};
  std::shared_ptr<const object_directory> place{};
  std::optional<shard_source> source{};
  std::string fault{};  ///< what reading it has shown
};

/// What one disk has under an object's name.
struct found_disk {
  std::filesystem::path path{};
  std::string fault{};  ///< why it gives no shard: missing, rotten, or of another object
  bool gone = false;    ///< its directory is not there
  bool silent = false;  ///< it does not answer
  made_by named = made_by::nobody;  ///< what lies under the object's name, if the disk answers
  std::string why_unknown{};        ///< with `unknown`
  std::optional<unsigned> shard{};  ///< which one it says it has
};

/// An object as found on a list of disks.
struct found_object {
  object_meta meta{};  ///< of the put that was chosen; its `shard` and `bound` mean nothing
  std::vector<found_disk> disks{};   ///< one for each disk asked, in that order
  std::vector<shard_copy> copies{};  ///< of the shards of that put

  /// A sentence part that lists every disk at fault and why.
  [[nodiscard]] std::string faults() const;
  /// How many different shards can be read.
  [[nodiscard]] std::size_t usable() const;
};

/// Looks on each disk, under the object's name and among what is staged there. A put writes every
/// meta.json before it gives the first shard its name, and sets replaced shards aside until the
/// last has it: so at every moment, and after a crash at any, one put of the name is complete. What
/// is only staged counts once all of it is there. If shards of several puts are there, the newest
/// counts, by generation; the rest are "of another object". An older one never takes
/// its place, though more of it be left. A disk that does not answer in time is a fault of that
/// disk. Throws error: failed if no disk has a shard of it; cancelled.
found_object find_shards(const std::string& name, const std::vector<std::filesystem::path>& disks,
                         const std::stop_token& stop = {});

/// What was found on disks where objects may be.
struct object_list {
  std::vector<std::string> names{};  ///< sorted
  /// A sentence each: what lies on a disk and is no object of a put.
  std::vector<std::string> passed_over{};
};

/// All objects on the disks. Directories that hold files as puts do are among them, though nothing
/// proves whose they are, so that an object of which too much is lost is not overlooked.
object_list list_objects(const std::vector<std::filesystem::path>& disks);

}  // namespace annulus::pipeline
