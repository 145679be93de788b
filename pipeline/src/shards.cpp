#include <algorithm>
#include <annulus/pipeline/error.hpp>
#include <annulus/pipeline/escaped.hpp>
#include <annulus/pipeline/shards.hpp>
#include <set>

#include "ask.hpp"
#include "candidates.hpp"
#include "format.hpp"
#include "staging.hpp"

namespace annulus::pipeline {
namespace {

namespace fs = std::filesystem;

using all_candidates = std::vector<disk_candidates>;

std::string no_answer() {
  return formatted("it does not answer within {} s", patience.count());
}

all_candidates ask_for(const std::string& name, const std::vector<fs::path>& disks) {
  auto answers = ask_each(
      disks, [name](const fs::path& path) { return candidates_on(open_disk(path), name); });
  all_candidates found;
  for (auto& answer : answers)
    found.push_back(answer ? std::move(*answer)
                           : disk_candidates{.fault = no_answer(), .silent = true});
  return found;
}

// Whether two looks have seen the same: no put went on between them.
bool same(const all_candidates& left, const all_candidates& right) {
  return std::equal(
      left.begin(), left.end(), right.begin(), right.end(), [](const auto& one, const auto& other) {
        return std::equal(
            one.found.begin(), one.found.end(), other.found.begin(), other.found.end(),
            [](const candidate& a, const candidate& b) {
              return a.staged == b.staged && a.meta.has_value() == b.meta.has_value() &&
                     (!a.meta || (a.meta->same_put(*b.meta) && a.meta->shard == b.meta->shard));
            });
      });
}

// A shard to be opened, and what that gave.
struct opening {
  std::size_t disk = 0;
  std::string staged{};
  object_meta meta{};
  std::shared_ptr<const object_directory> place{};
  fs::path path{};
};

struct opened {
  std::optional<shard_source> source{};
  std::string fault{};
};

opened open_source(const opening& what, const std::stop_token& stop) {
  opened result;
  try {
    result.source.emplace(what.place->fd.get(), what.path, what.meta, stop);
  } catch (const error& problem) {
    result.fault = problem.what();
  }
  return result;
}

std::string fault_of(const candidate& seen, const std::optional<object_meta>& chosen) {
  if (!seen.meta || !chosen || seen.meta->same_put(*chosen)) return seen.fault;
  return "of another object: put " + seen.meta->id.substr(0, 8);
}

found_disk describe(const fs::path& path, const disk_candidates& seen,
                    const std::optional<object_meta>& chosen) {
  found_disk result{.path = path, .fault = seen.fault, .gone = seen.gone, .silent = seen.silent};
  if (seen.found.empty()) return result;
  const auto& named = seen.found.front();
  result.fault = fault_of(named, chosen);
  result.named = named.place->maker;
  result.why_unknown = named.place->why;
  return result;
}

// Opens every shard of the chosen put.
void open_copies(found_object& object, const all_candidates& seen, const std::stop_token& stop) {
  std::vector<opening> openings;
  for (std::size_t d = 0; d < seen.size(); ++d) {
    for (const auto& proposed : seen[d].found) {
      if (!proposed.meta || !proposed.meta->same_put(object.meta)) continue;
      const auto& root = object.disks[d].path;
      openings.push_back({d, proposed.staged, *proposed.meta, proposed.place,
                          proposed.staged.empty() ? root / object.meta.name
                                                  : root / staging_directory / proposed.staged});
      if (!object.disks[d].shard) object.disks[d].shard = proposed.meta->shard;
    }
  }
  auto answers =
      ask_each(openings, [stop](const opening& what) { return open_source(what, stop); });
  for (std::size_t i = 0; i < openings.size(); ++i) {
    auto& what = openings[i];
    auto& disk = object.disks[what.disk];
    if (answers[i] && answers[i]->source) {
      object.copies.push_back(
          {what.disk, what.staged, what.meta, what.place, std::move(answers[i]->source), {}});
      disk.fault.clear();
    } else if (disk.fault.empty()) {
      disk.fault = answers[i] ? answers[i]->fault : no_answer();
    }
  }
}

// Of the copies of a shard, the disk of its place in the list counts as its own, else the first.
void name_second_copies(found_object& object) {
  for (auto& copy : object.copies) {
    const auto own =
        std::find_if(object.copies.begin(), object.copies.end(), [&](const auto& other) {
          return other.meta.shard == copy.meta.shard && other.disk == other.meta.shard;
        });
    const auto first =
        std::find_if(object.copies.begin(), object.copies.end(),
                     [&](const auto& other) { return other.meta.shard == copy.meta.shard; });
    const auto& rightful = own != object.copies.end() ? *own : *first;
    if (rightful.disk != copy.disk && object.disks[copy.disk].fault.empty())
      object.disks[copy.disk].fault = formatted("a second copy of shard {}", copy.meta.shard);
  }
}

found_object make_object(const std::vector<fs::path>& disks, const all_candidates& seen,
                         const std::optional<object_meta>& chosen, const std::stop_token& stop) {
  found_object object{};
  for (std::size_t d = 0; d < disks.size(); ++d)
    object.disks.push_back(describe(disks[d], seen[d], chosen));
  if (!chosen) return object;
  object.meta = *chosen;
  open_copies(object, seen, stop);
  name_second_copies(object);
  return object;
}

// Disks are looked at one after the other, while a put may give its shards their name and remove
// what they replace: until all of one put are open, or the same is seen twice.
found_object find_settled(const std::string& name, const std::vector<fs::path>& disks,
                          const std::stop_token& stop) {
  constexpr int most = 1000;
  auto seen = ask_for(name, disks);
  for (int i = 0;; ++i) {
    const auto chosen = choose(seen);
    auto object = make_object(disks, seen, chosen, stop);
    if (chosen && object.usable() == chosen->geometry.shards()) return object;
    auto again = ask_for(name, disks);
    if (i == most || stop.stop_requested() || same(seen, again)) return object;
    seen = std::move(again);
  }
}

}  // namespace

found_object find_shards(const std::string& name, const std::vector<fs::path>& disks,
                         const std::stop_token& stop) {
  check_object_name(name);
  check_disk_list(disks);
  auto object = find_settled(name, disks, stop);
  if (stop.stop_requested()) {
    throw error(error_kind::cancelled,
                formatted("the search for object '{}' was interrupted", escaped(name)));
  }
  if (!object.meta.id.empty()) return object;
  const auto missing = std::all_of(object.disks.begin(), object.disks.end(),
                                   [](const found_disk& disk) { return disk.fault == "missing"; });
  throw error(error_kind::failed,
              missing
                  ? formatted("object '{}' is on none of the {} disks", escaped(name), disks.size())
                  : formatted("object '{}' has no usable {} on any disk: {}", escaped(name),
                              meta_file, object.faults()));
}

namespace {

// What one disk adds to a list.
struct disk_list {
  std::vector<std::string> names{}, staged{}, passed_over{};
};

disk_list list_on(const fs::path& path) {
  disk_list found;
  const auto where = open_disk(path);
  if (!where.fd) return found;
  for (const auto& entry : entries_of(where.fd.get())) {
    if (entry.starts_with('.')) continue;
    const auto there = look_at(where.fd.get(), entry, entry);
    if (there.maker == made_by::a_put || there.alike) {
      found.names.push_back(entry);
    } else if (there.maker == made_by::unknown) {
      found.passed_over.push_back(
          formatted("{} is passed over: {}", escaped(path / entry), there.why));
    }
  }
  const auto staging = open_staging(where);
  if (!staging) return found;
  for (const auto& id : staged_in(staging.get())) {
    if (const auto there = look_at(staging.get(), id, {}); there.meta)
      found.staged.push_back(there.meta->name);
  }
  return found;
}

bool is_found(const std::string& name, const std::vector<fs::path>& disks) {
  try {
    return !find_shards(name, disks).copies.empty();
  } catch (const error&) {
    return false;
  }
}

}  // namespace

object_list list_objects(const std::vector<fs::path>& disks) {
  check_disk_list(disks);
  std::set<std::string> names;
  std::set<std::string> staged;
  object_list list;
  for (auto& answer : ask_each(disks, [](const fs::path& path) { return list_on(path); })) {
    if (!answer) continue;
    names.insert(answer->names.begin(), answer->names.end());
    staged.insert(answer->staged.begin(), answer->staged.end());
    list.passed_over.insert(list.passed_over.end(), answer->passed_over.begin(),
                            answer->passed_over.end());
  }
  for (const auto& name : staged) {
    if (!names.contains(name) && is_found(name, disks)) names.insert(name);
  }
  list.names.assign(names.begin(), names.end());
  return list;
}

std::string found_object::faults() const {
  std::string text;
  for (const auto& disk : disks) {
    if (disk.fault.empty()) continue;
    text += formatted("{}{} ({})", text.empty() ? "" : ", ", escaped(disk.path), disk.fault);
  }
  return text;
}

std::size_t found_object::usable() const {
  std::set<unsigned> shards;
  for (const auto& copy : copies) shards.insert(copy.meta.shard);
  return shards.size();
}

}  // namespace annulus::pipeline
