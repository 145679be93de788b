// Finding the shards of an object among the disks.
#pragma once

#include <annulus/pipeline/object.hpp>
#include <annulus/pipeline/source.hpp>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace annulus::pipeline {

/// What one disk has under an object's name.
struct found_shard {
  std::filesystem::path disk;
  std::filesystem::path location{};  ///< where on it: under the object's name, or staged
  std::string fault;  ///< why it cannot be used: missing, rotten, or of another object
  std::optional<object_meta> meta{};     ///< set if meta.json is whole
  std::optional<shard_source> source{};  ///< set if it can be read
};

/// An object as found on a list of disks.
struct found_object {
  object_meta meta;                ///< of the put that was chosen; its `shard` means nothing
  std::vector<found_shard> disks;  ///< one for each disk asked, in that order

  /// A sentence part that lists every disk at fault and why.
  [[nodiscard]] std::string faults() const;
  /// The usable shards, in shard order.
  [[nodiscard]] std::vector<found_shard*> usable();
};

/// Looks on each disk, under the object's name and among what is staged there. A put writes every
/// meta.json before it gives the first shard its name, and sets replaced shards aside until the
/// last has it: so at every moment, and after a crash at any, one put of the name is complete. What
/// is only staged counts once all of it is there. If shards of several puts are there, the put with
/// at least `data` of them is chosen, the newest of several such, else the one with the most; the
/// rest are "of another object". Throws error(failed) if no disk has a readable meta.json of it.
found_object find_shards(const std::string& name, const std::vector<std::filesystem::path>& disks);

/// What the `meta.json` in a directory says, if it is whole.
std::optional<object_meta> meta_in(const std::filesystem::path& directory);

/// The names of all objects on the disks, sorted.
std::vector<std::string> object_names(const std::vector<std::filesystem::path>& disks);

/// Finishes or removes what killed puts and heals left staged on these disks: a put of which enough
/// shards are here gets its name everywhere, and what it replaced is removed, as is a second copy
/// of a shard; shards that a readable object might still need are left alone.
void recover(const std::vector<std::filesystem::path>& disks);

}  // namespace annulus::pipeline
