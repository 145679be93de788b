#include "condition.hpp"

#include <algorithm>
#include <string_view>

#include "metadata.hpp"

namespace annulus::campaign {
namespace {

using copy = disk_condition::copy;

const entry* find(const listing& all, const std::string& name) {
  const auto found = all.find(name);
  return found == all.end() ? nullptr : &found->second;
}

bool is_directory(const entry* what) {
  return what != nullptr && what->what == entry::kind::directory;
}

bool has_bytes(const entry* what, std::string_view bytes) {
  return what != nullptr && what->is_file() && what->content == bytes;
}

bool is_chunk(const std::string& name) {
  return name.ends_with(".chunk");
}

// Zeros behind a chunk's records are room for more of them. A chunk under another number still has
// its records.
bool is_perhaps(const listing& object, const std::string& name, const std::string& bytes) {
  const auto* const there = find(object, name);
  if (name == "ledger.state" || name == "buffer.lock") return true;
  if (!is_chunk(name)) return false;
  if (there != nullptr && there->is_file() && there->content.starts_with(bytes)) {
    return there->content.find_first_not_of('\0', bytes.size()) == std::string::npos;
  }
  return std::ranges::any_of(object, [&](const auto& each) {
    return is_chunk(each.first) && has_bytes(&each.second, bytes);
  });
}

copy compare(const listing& object, const files& shard) {
  auto result = copy::exact;
  for (const auto& [name, bytes] : shard) {
    if (has_bytes(find(object, name), bytes)) continue;
    if (!is_perhaps(object, name, bytes)) return copy::none;
    result = copy::unsure;
  }
  // More chunks may be more records.
  for (const auto& [name, what] : object) {
    if (!name.empty() && !shard.contains(name) && is_chunk(name)) result = copy::unsure;
  }
  return result;
}

bool is_description(const listing& directory, const std::vector<files>& of, const char* name,
                    std::size_t bytes = std::string::npos) {
  const auto* const there = find(directory, name);
  return there != nullptr && there->is_file() && std::ranges::any_of(of, [&](const files& shard) {
           const auto written = shard.find(name);
           return written != shard.end() &&
                  (bytes == std::string::npos
                       ? there->content == written->second
                       : there->content.starts_with(
                             std::string_view(written->second).substr(0, bytes)));
         });
}

// Of frames.bound: what proves whose it is; and the seal, which binds meta.json to it.
constexpr std::size_t proof_bytes = 96;
constexpr std::size_t sealed_bytes = 128;

// Whether the directory says that there is the newest version, and proves it. (Before there were
// seals, meta.json was all the proof there was.)
bool tells_of_newest(const scene& of, const listing& directory) {
  return std::ranges::any_of(of.newest.shards, [&](const files& shard) {
    return is_description(directory, {shard}, "meta.json") &&
           (!shard.contains("frames.bound") ||
            is_description(directory, {shard}, "frames.bound", sealed_bytes));
  });
}

bool names_another(const listing& directory) {
  const auto* const meta = find(directory, "meta.json");
  const auto body = meta != nullptr && meta->is_file() ? body_of(meta->content) : std::nullopt;
  return body && body->contains("name") && (*body)["name"] != object_name;
}

// Whether the directory proves that a put made it under the object's name, and nothing in it says
// that another did.
bool is_proved(const scene& of, const listing& directory) {
  if (names_another(directory)) return false;
  for (const auto* const made : {&of.newest, &of.older}) {
    if (is_description(directory, made->shards, "meta.json")) return true;
    if (is_description(directory, made->shards, "frames.bound", proof_bytes)) return true;
  }
  return false;
}

bool is_name_of_a_put(const std::string& name) {
  return name == "part.1" || name == "meta.json" || name == "frames.bound" ||
         name == "ledger.state" || name == "buffer.lock" || is_chunk(name);
}

bool has_strangers(const listing& object) {
  return std::ranges::any_of(object, [](const auto& each) {
    return !each.first.empty() && (!is_name_of_a_put(each.first) || is_directory(&each.second) ||
                                   each.second.what == entry::kind::unreadable);
  });
}

bool is_staged_name(std::string_view name) {
  return name.size() == 32 && name.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// Whether nothing on the way to the object's directory keeps a heal from making a new one.
bool can_be_reached(const listing& disk) {
  if (disk.empty()) return true;
  const auto* const staging = find(disk, ".annulus");
  return is_directory(&disk.at("")) && (staging == nullptr || is_directory(staging));
}

// What is on a disk beside the objects and what puts stage.
void collect_strangers(const listing& disk, const std::string& where, listing& strangers) {
  for (const auto& [path, what] : disk) {
    const auto top = path.substr(0, path.find('/'));
    if (path.empty() || top == object_name || top == other_name || top == neighbour_name) continue;
    if (top == ".annulus") {
      if (path == top) {
        if (what.what != entry::kind::directory) strangers[where + path] = what;
        continue;
      }
      const auto staged = path.substr(top.size() + 1);
      const auto name = staged.substr(0, staged.find('/'));
      if (name == "lock" || is_staged_name(name)) continue;
    }
    strangers[where + path] = what;
  }
}

void examine_object(const scene& of, const listing& disk, disk_condition& found) {
  const auto object = below(disk, object_name);
  const bool is_dir = is_directory(find(object, ""));
  if (is_dir) {
    for (unsigned s = 0; s < of.newest.shards.size(); ++s) {
      const auto as = compare(object, of.newest.shards[s]);
      if (as <= found.holds) continue;
      found.holds = as;
      found.shard = s;
    }
  }
  found.strangers = is_dir && has_strangers(object);
  const bool proved = is_dir && is_proved(of, object);
  found.can_heal = can_be_reached(disk) && (object.empty() || (proved && !found.strangers));
  const bool perhaps_ours =
      is_dir && (object.size() == 1 || find(object, "meta.json") || find(object, "frames.bound"));
  if (!object.empty() && !perhaps_ours) found.foreign = object;
}

// What a killed put or heal has left, or set aside.
void examine_staged(const scene& of, const listing& disk, condition& all) {
  std::set<std::string> names;
  for (const auto& [path, what] : below(disk, ".annulus")) {
    if (is_directory(&what) && is_staged_name(path)) names.insert(path);
  }
  for (const auto& name : names) {
    const auto staged = below(disk, ".annulus/" + name);
    for (unsigned s = 0; s < of.newest.shards.size(); ++s) {
      if (compare(staged, of.newest.shards[s]) != copy::none) all.possible.insert(s);
    }
  }
}

bool same_bytes(const listing& left, const listing& right) {
  return std::ranges::equal(left, right, [](const auto& one, const auto& other) {
    return one.first == other.first && one.second.what == other.second.what &&
           one.second.content == other.second.content;
  });
}

}  // namespace

bool condition::must_be_called_hurt(const scene& of) const {
  for (unsigned s = 0; s < of.newest.shards.size(); ++s) {
    if (!whole.contains(s) && !possible.contains(s)) return true;
  }
  return false;
}

bool condition::must_be_called_whole(const scene& of) const {
  return untouched && whole.size() == of.newest.shards.size();
}

bool condition::must_be_healed(const scene& of) const {
  for (unsigned d = 0; d < disks.size(); ++d) {
    const auto& disk = disks[d];
    const bool stays = disk.holds == copy::exact && disk.shard == d && !disk.strangers;
    if (!stays && !disk.can_heal) return false;
  }
  return must_be_readable(of);
}

condition examine(const scene& of, const listing& now) {
  condition all;
  for (unsigned d = 0; d < of.newest.shards.size(); ++d) {
    const auto name = "d" + std::to_string(d);
    const auto disk = below(now, name);
    auto& found = all.disks.emplace_back();
    collect_strangers(disk, name + '/', all.strangers);
    const auto* const staging = find(disk, ".annulus");
    const bool usable = is_directory(find(disk, ""));
    if (usable) {
      examine_object(of, disk, found);
      examine_staged(of, disk, all);
      if (tells_of_newest(of, below(disk, object_name))) all.newest_known = true;
    } else {
      found.can_heal = disk.empty();
      for (const auto& [path, what] : disk) all.strangers[name + '/' + path] = what;
    }
    for (const auto* const other : {other_name, neighbour_name}) {
      const auto where = name + '/' + other;
      const auto is = usable ? below(disk, other) : listing{};
      all.neighbours_whole = all.neighbours_whole && same_bytes(below(of.disks, where), is);
      for (const auto& [path, what] : is) all.neighbours[where + '/' + path] = what;
    }
    if (found.holds == copy::exact) all.whole.insert(found.shard);
    if (found.holds == copy::unsure) all.possible.insert(found.shard);
    all.untouched = all.untouched && usable && found.holds == copy::exact && found.shard == d &&
                    !found.strangers && (staging == nullptr || is_directory(staging));
  }
  return all;
}

}  // namespace annulus::campaign
