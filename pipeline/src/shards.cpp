#include <fcntl.h>

#include <algorithm>
#include <annulus/pipeline/disk.hpp>
#include <annulus/pipeline/error.hpp>
#include <annulus/pipeline/shards.hpp>
#include <set>
#include <tuple>

#include "format.hpp"
#include "system_error.hpp"

namespace annulus::pipeline {
namespace {

namespace fs = std::filesystem;

// A directory that holds, or should hold, a shard. The descriptor pins it: a put may exchange what
// the path names.
struct candidate {
  fs::path location;
  unique_fd directory;
  std::string fault;
  std::optional<object_meta> meta;
};

bool is_staged(const fs::path& location) {
  return location.parent_path().filename() == staging_directory;
}

candidate look_at(const fs::path& location) {
  candidate found{.location = location, .directory = {}, .fault = {}, .meta = {}};
  found.directory = unique_fd(::open(location.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!found.directory) {
    found.fault = errno == ENOENT ? "missing" : formatted("rotten: {}", last_error().message());
    return found;
  }
  std::string text;
  if (const auto problem = read_file(found.directory.get(), meta_file, text)) {
    found.fault = formatted("rotten: {} cannot be read: {}", meta_file, problem.message());
    return found;
  }
  try {
    found.meta = parse_meta(text);
  } catch (const error& problem) {
    found.fault = formatted("rotten: {} is corrupted: {}", meta_file, problem.what());
  }
  return found;
}

// What a disk has under the name, then what is staged there of that name.
std::vector<candidate> candidates_on(const fs::path& disk, const std::string& name) {
  std::vector<candidate> found;
  found.push_back(look_at(disk / name));
  if (auto& named = found.front(); named.meta && named.meta->name != name) {
    named.fault = formatted("of another object: {} names '{}'", meta_file, named.meta->name);
    named.meta.reset();
  }
  for (const auto& staged : staged_on(disk)) {
    auto other = look_at(staged);
    if (other.meta && other.meta->name == name) found.push_back(std::move(other));
  }
  return found;
}

using disk_candidates = std::vector<std::vector<candidate>>;

// The shards of one put among all that was found.
struct tally {
  std::set<unsigned> shards;
  bool published = false;

  tally(const disk_candidates& disks, const object_meta& put) {
    for (const auto& on_disk : disks) {
      for (const auto& found : on_disk) {
        if (!found.meta || !found.meta->same_put(put)) continue;
        shards.insert(found.meta->shard);
        published |= !is_staged(found.location);
      }
    }
  }
  // The first shard is published only after the last meta.json is written, so until all are there
  // the put may not have got that far.
  [[nodiscard]] bool committed(const object_meta& put) const {
    return published || shards.size() >= put.stored;
  }
};

// The put that most deserves the name: enough shards, then the newest, then the most shards.
std::optional<object_meta> choose(const disk_candidates& disks) {
  std::optional<object_meta> best;
  std::tuple<bool, std::uint64_t, std::size_t> best_rank;
  for (const auto& on_disk : disks) {
    for (const auto& proposed : on_disk) {
      if (!proposed.meta) continue;
      const tally found(disks, *proposed.meta);
      if (!found.committed(*proposed.meta)) continue;
      const auto enough = found.shards.size() >= proposed.meta->geometry.data;
      const std::tuple rank(enough, enough ? proposed.meta->created : 0, found.shards.size());
      if (!best || rank > best_rank) {
        best = proposed.meta;
        best_rank = rank;
      }
    }
  }
  return best;
}

// The disk's shard of the chosen put; `taken` are those that other disks have given already.
found_shard pick(const fs::path& disk, std::vector<candidate>& on_disk, const object_meta& chosen,
                 std::vector<bool>& taken) {
  found_shard found{.disk = disk, .fault = on_disk.front().fault};
  for (auto& proposed : on_disk) {
    if (!proposed.meta) continue;
    if (!proposed.meta->same_put(chosen)) {
      if (found.fault.empty())
        found.fault = "of another object: put " + proposed.meta->id.substr(0, 8);
      continue;
    }
    found.meta = proposed.meta;
    found.location = proposed.location;
    if (taken[proposed.meta->shard]) {
      found.fault = formatted("a second copy of shard {}", proposed.meta->shard);
      continue;
    }
    try {
      found.source.emplace(proposed.location, proposed.directory.get(), *proposed.meta);
      found.fault.clear();
      taken[proposed.meta->shard] = true;
      return found;
    } catch (const error& problem) {
      found.fault = problem.what();
    }
  }
  return found;
}

std::optional<found_object> find_if_there(const std::string& name,
                                          const std::vector<fs::path>& disks) {
  try {
    return find_shards(name, disks);
  } catch (const error&) {
    return std::nullopt;
  }
}

// Removes what killed puts and heals staged under the name, but for the shards of `kept`. Of these
// a disk needs one: beside the one it gives, another is what a heal has replaced, or was about to
// put in its place. Without an object to keep, only what had all its disks among these: elsewhere
// it might be complete.
void remove_staged(const std::string& name, const std::vector<fs::path>& disks,
                   const found_object* kept) {
  for (std::size_t d = 0; d < disks.size(); ++d) {
    for (const auto& staged : staged_on(disks[d])) {
      const auto lock = lock_leftover(staged);
      const auto left = look_at(staged);
      if (!lock || !left.meta || left.meta->name != name) continue;
      const auto superfluous =
          kept == nullptr ? disks.size() >= left.meta->geometry.shards()
                          : !left.meta->same_put(kept->meta) ||
                                (kept->disks[d].fault.empty() && kept->disks[d].location != staged);
      std::error_code ignored;  // what cannot be removed now can be removed next time
      if (superfluous) fs::remove_all(staged, ignored);
    }
  }
}

// Publishes what is staged of a readable object and removes what is staged of others of that name.
void recover_object(const std::string& name, const std::vector<fs::path>& disks) {
  auto object = find_if_there(name, disks);
  if (!object) return remove_staged(name, disks, nullptr);
  if (object->usable().size() < object->meta.geometry.data) return;
  for (auto& shard : object->disks) {
    if (!shard.source || !is_staged(shard.location)) continue;
    const auto lock = lock_leftover(shard.location);
    shard.source.reset();
    const auto target = shard.disk / name;
    bool replaced = false;
    if (!lock || publish_directory(shard.location, target, replaced)) continue;
    std::error_code ignored;  // what cannot be removed now can be removed next time
    if (replaced) fs::remove_all(shard.location, ignored);
    shard.location = target;
  }
  remove_staged(name, disks, &*object);
}

}  // namespace

found_object find_shards(const std::string& name, const std::vector<fs::path>& disks) {
  check_object_name(name);
  check_disk_list(disks);
  disk_candidates candidates;
  for (const auto& disk : disks) candidates.push_back(candidates_on(disk, name));
  found_object object{};
  std::vector<bool> taken;
  if (const auto chosen = choose(candidates)) {
    object.meta = *chosen;
    taken.resize(chosen->geometry.shards());
  }
  for (std::size_t d = 0; d < disks.size(); ++d) {
    object.disks.push_back(pick(disks[d], candidates[d], object.meta, taken));
  }
  if (!taken.empty()) return object;
  const auto missing =
      std::all_of(object.disks.begin(), object.disks.end(),
                  [](const found_shard& shard) { return shard.fault == "missing"; });
  throw error(error_kind::failed,
              missing ? formatted("object '{}' is on none of the {} disks", name, disks.size())
                      : formatted("object '{}' has no usable {} on any disk: {}", name, meta_file,
                                  object.faults()));
}

std::optional<object_meta> meta_in(const fs::path& directory) {
  return look_at(directory).meta;
}

std::vector<std::string> object_names(const std::vector<fs::path>& disks) {
  std::set<std::string> names;
  std::set<std::string> staged_names;
  for (const auto& disk : disks) {
    for (auto& name : objects_on(disk)) names.insert(std::move(name));
    for (const auto& staged : staged_on(disk)) {
      if (const auto found = look_at(staged); found.meta) staged_names.insert(found.meta->name);
    }
  }
  for (const auto& name : staged_names) {
    if (!names.contains(name) && find_if_there(name, disks)) names.insert(name);
  }
  return {names.begin(), names.end()};
}

void recover(const std::vector<fs::path>& disks) {
  std::set<std::string> names;
  for (const auto& disk : disks) {
    for (const auto& staged : staged_on(disk)) {
      const auto lock = lock_leftover(staged);
      if (!lock) continue;
      const auto left = look_at(staged);
      std::error_code ignored;  // what cannot be removed now can be removed next time
      if (left.meta) {
        names.insert(left.meta->name);
      } else {
        fs::remove_all(staged, ignored);
      }
    }
  }
  for (const auto& name : names) recover_object(name, disks);
}

std::string found_object::faults() const {
  std::string text;
  for (const auto& shard : disks) {
    if (shard.fault.empty()) continue;
    text += formatted("{}{} ({})", text.empty() ? "" : ", ", shard.disk.string(), shard.fault);
  }
  return text;
}

std::vector<found_shard*> found_object::usable() {
  std::vector<found_shard*> shards;
  for (auto& shard : disks) {
    if (shard.source) shards.push_back(&shard);
  }
  std::sort(shards.begin(), shards.end(), [](const auto* left, const auto* right) {
    return left->meta->shard < right->meta->shard;
  });
  return shards;
}

}  // namespace annulus::pipeline
