// What is left of an object on its disks, judged by comparing bytes with what its put wrote, and
// what may therefore be demanded of the commands. Nothing of the code under test takes part in it.
#pragma once

#include <optional>
#include <set>
#include <vector>

#include "scene.hpp"

namespace annulus::campaign {

struct disk_condition {
  /// Of the shard that the object's directory holds, beside what put wrote.
  enum class copy : std::uint8_t {
    none,    ///< rotten, missing, another's
    unsure,  ///< whether it counts is for the command to say: the log's ledger differs, say
    exact,   ///< byte for byte
  };
  copy holds = copy::none;
  unsigned shard = 0;                ///< which, unless none
  bool strangers = false;            ///< something in the object's directory that no put made
  bool can_heal = false;             ///< a put made all that a heal would replace here
  std::optional<listing> foreign{};  ///< what has the object's name, if no put can have made it
};

struct condition {
  std::vector<disk_condition> disks;
  std::set<unsigned> whole;      ///< shards of the newest version that are there byte for byte
  std::set<unsigned> possible;   ///< shards that may count, beside these
  bool newest_known = false;     ///< some disk says truly that there is the newest version
  bool untouched = true;         ///< of what lies under the name nothing has changed
  listing strangers{};           ///< on the disks, beside objects: of no concern to any command
  listing neighbours{};          ///< the other objects
  bool neighbours_whole = true;  ///< all of them, as their puts left them

  [[nodiscard]] bool must_be_readable(const scene& of) const {
    return whole.size() >= of.plan.data;
  }
  [[nodiscard]] bool must_be_called_hurt(const scene& of) const;
  [[nodiscard]] bool must_be_called_whole(const scene& of) const;
  [[nodiscard]] bool must_be_healed(const scene& of) const;
};

/// `now` lists the directory that holds the disks.
condition examine(const scene& of, const listing& now);

}  // namespace annulus::campaign
