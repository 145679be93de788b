#include "candidates.hpp"

#include <algorithm>
#include <annulus/pipeline/error.hpp>
#include <annulus/pipeline/escaped.hpp>
#include <set>
#include <tuple>

#include "binding.hpp"
#include "format.hpp"
#include "staging.hpp"

namespace annulus::pipeline {
namespace {

// What a directory says of its shard, if its files agree.
void take_meta(candidate& found, const std::string& name) {
  const auto& place = *found.place;
  if (!place.fd) {
    found.fault = place.maker == made_by::nobody ? "missing" : "rotten: " + place.why;
    return;
  }
  if (!place.meta) {
    found.fault = "rotten: " + place.meta_fault;
    return;
  }
  if (place.meta->name != name) {
    found.fault =
        formatted("of another object: {} names '{}'", meta_file, escaped(place.meta->name));
    return;
  }
  if (place.meta->bound) {
    try {
      static_cast<void>(binding_reader(place.fd.get(), *place.meta));
    } catch (const error& problem) {
      found.fault = problem.what();
      return;
    }
  }
  found.meta = place.meta;
}

template <class Visit>
void each_put(const std::vector<disk_candidates>& disks, Visit visit) {
  for (const auto& on_disk : disks) {
    for (const auto& proposed : on_disk.found) {
      if (proposed.meta) visit(*proposed.meta, proposed);
    }
  }
}

}  // namespace

disk_candidates candidates_on(const disk& where, const std::string& name) {
  disk_candidates on_disk{.fault = where.fault, .gone = where.gone};
  if (!where.fd) return on_disk;
  const auto look = [&](int parent, const std::string& entry) {
    return std::make_shared<const object_directory>(look_at(parent, entry, name));
  };
  auto& named = on_disk.found.emplace_back();
  named.place = look(where.fd.get(), name);
  take_meta(named, name);
  const auto staging = open_staging(where);
  if (!staging) return on_disk;
  for (const auto& id : staged_in(staging.get())) {
    candidate staged{.staged = id, .place = look(staging.get(), id)};
    if (!staged.place->meta || staged.place->meta->name != name) continue;
    take_meta(staged, name);
    on_disk.found.push_back(std::move(staged));
  }
  return on_disk;
}

put_tally::put_tally(const std::vector<disk_candidates>& disks, const object_meta& put) {
  std::set<unsigned> seen;
  each_put(disks, [&](const object_meta& meta, const candidate& found) {
    if (!meta.same_put(put)) return;
    seen.insert(meta.shard);
    published |= found.staged.empty();
  });
  shards = seen.size();
}

namespace {

// An id is given once. Where metadata of one id differ, which only unbound ones can unnoticed,
// those of more shards are right.
bool outvoted(const std::vector<disk_candidates>& disks, const object_meta& put,
              std::size_t shards) {
  bool found = false;
  each_put(disks, [&](const object_meta& other, const candidate&) {
    found |= other.id == put.id && !other.same_put(put) && put_tally(disks, other).shards > shards;
  });
  return found;
}

}  // namespace

std::optional<object_meta> choose(const std::vector<disk_candidates>& disks) {
  std::optional<object_meta> best;
  std::tuple<std::uint64_t, bool, std::uint64_t, std::size_t> best_rank;
  each_put(disks, [&](const object_meta& meta, const candidate&) {
    const put_tally tally(disks, meta);
    if (!tally.committed(meta) || outvoted(disks, meta, tally.shards)) return;
    const bool enough = tally.shards >= meta.geometry.data;
    const std::tuple rank(meta.generation, enough, meta.created, tally.shards);
    if (best && rank <= best_rank) return;
    best = meta;
    best_rank = rank;
  });
  return best;
}

std::uint64_t last_generation(const std::vector<disk_candidates>& disks, const std::string& name) {
  // A flipped bit shows in the checksum, so that what is wrong and well formed was forged: it may
  // not use up the numbers.
  constexpr std::uint64_t most_unproved = std::uint64_t{1} << 32U;
  std::uint64_t last = 0;
  for (const auto& on_disk : disks) {
    for (const auto& found : on_disk.found) {
      const auto& told = found.place->meta;
      if (!told || told->name != name) continue;
      if (found.meta || told->generation <= most_unproved) last = std::max(last, told->generation);
    }
  }
  return last;
}

}  // namespace annulus::pipeline
