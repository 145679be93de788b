// Whole files and directories of another disk, version or object.
#include <unistd.h>

#include "site.hpp"

namespace annulus::campaign {
namespace {

const char* const descriptions[] = {"meta.json", "frames.bound"};

bool describes(const std::string& name) {
  return name == descriptions[0] || name == descriptions[1];
}

files content_only(const files& shard) {
  auto part = shard;
  for (const auto* const name : descriptions) part.erase(name);
  return part;
}

files only(const files& shard, const std::string& name) {
  const auto found = shard.find(name);
  return found == shard.end() ? files{} : files{*found};
}

void exchange(const fs::path& left, const fs::path& right, const fs::path& aside) {
  std::error_code absent;  // then nothing is exchanged, or one is moved
  fs::rename(left, aside, absent);
  fs::rename(right, left, absent);
  fs::rename(aside, right, absent);
}

void swap_files(site& here) {
  const auto with = here.another_disk();
  const auto names = here.files_of_object();
  if (names.empty()) return;
  const auto& name = here.one_of(names);
  exchange(here.object() / name, here.object_on(with) / name, here.outside());
}

void swap_parts(site& here) {
  const auto* const name = here.frames_name();
  exchange(here.object() / name, here.object_on(here.another_disk()) / name, here.outside());
}

void swap_shards(site& here) {
  exchange(here.object(), here.object_on(here.another_disk()), here.outside());
}

void copy_of_another(site& here) {
  lay_instead(here.stored().newest.shards[here.another_disk()], here.object());
}

void content_of_another(site& here) {
  lay(content_only(here.stored().newest.shards[here.another_disk()]), here.object());
}

void stale_shard(site& here) {
  lay_instead(here.stored().older.shards[here.disk_number()], here.object());
}

void stale_shard_of_another(site& here) {
  lay_instead(here.stored().older.shards[here.another_disk()], here.object());
}

// An old disk that comes back, in place of several.
void all_stale(site& here) {
  for (auto n = 1 + here.below(here.stored().plan.disks()); n > 0; --n) {
    const auto disk = (here.disk_number() + n) % here.stored().plan.disks();
    lay_instead(here.stored().older.shards[disk], here.object_on(static_cast<unsigned>(disk)));
  }
}

void stale_content(site& here) {
  lay(content_only(here.stored().older.shards[here.disk_number()]), here.object());
}

void stale_content_and_tags(site& here) {
  auto shard = here.stored().older.shards[here.disk_number()];
  shard.erase("meta.json");
  lay(shard, here.object());
}

void stale_description(site& here) {
  lay(only(here.stored().older.shards[here.disk_number()], here.one_of(descriptions)),
      here.object());
}

void foreign_shard(site& here) {
  lay_instead(here.stored().other.shards[here.disk_number()], here.object());
}

void foreign_content(site& here) {
  lay(content_only(here.stored().other.shards[here.disk_number()]), here.object());
}

void foreign_content_and_tags(site& here) {
  auto shard = here.stored().other.shards[here.disk_number()];
  shard.erase("meta.json");
  lay(shard, here.object());
}

void foreign_description(site& here) {
  lay(only(here.stored().other.shards[here.disk_number()], here.one_of(descriptions)),
      here.object());
}

// One file on two disks: whatever is written through the one changes the other.
void hard_link(site& here) {
  const auto with = here.object_on(here.another_disk());
  for (const auto& name : here.files_of_object()) {
    if (!here.chance(2) || (describes(name) && !here.chance(3)) || !bytes_of(with / name)) continue;
    fs::remove(here.object() / name);
    std::error_code refused;
    fs::create_hard_link(with / name, here.object() / name, refused);
  }
}

// One file under a name outside, which must not be written through.
void hard_link_outside(site& here) {
  const auto path = here.some_file();
  std::error_code refused;
  if (!path.empty()) fs::create_hard_link(path, here.outside(), refused);
}

constexpr named_change all[] = {
    {"swap_files", swap_files},
    {"swap_parts", swap_parts},
    {"swap_shards", swap_shards},
    {"copy_of_another", copy_of_another},
    {"content_of_another", content_of_another},
    {"stale_shard", stale_shard},
    {"stale_shard_of_another", stale_shard_of_another},
    {"all_stale", all_stale},
    {"stale_content", stale_content},
    {"stale_content_and_tags", stale_content_and_tags},
    {"stale_description", stale_description},
    {"foreign_shard", foreign_shard},
    {"foreign_content", foreign_content},
    {"foreign_content_and_tags", foreign_content_and_tags},
    {"foreign_description", foreign_description},
    {"hard_link", hard_link},
    {"hard_link_outside", hard_link_outside},
};

}  // namespace

std::span<const named_change> changes_of_shards() {
  return all;
}

}  // namespace annulus::campaign
