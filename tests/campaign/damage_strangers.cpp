// What no put has made, among what puts have made: on the disk, in an object, among the staged.
#include <sys/stat.h>

#include "metadata.hpp"
#include "site.hpp"

namespace annulus::campaign {
namespace {

void stranger_in_object(site& here) {
  const char* const names[] = {"mine",       "part.2",     "meta.json~",
                               "0001.chunk", "ffff.chunk", "NOTES.repair"};
  if (!is_real_directory(here.object())) return;
  overwrite(here.object() / here.one_of(names), here.noise(here.below(300)));
}

void fifo_in_object(site& here) {
  const char* const names[] = {"mine", "part.2", "0101.chunk"};
  if (is_real_directory(here.object()))
    ::mkfifo((here.object() / here.one_of(names)).c_str(), 0644);
}

// A chunk that is there twice, or under another number.
void copied_chunk(site& here) {
  const char* const names[] = {"0000.chunk", "0001.chunk", "0007.chunk", "ffff.chunk"};
  const auto bytes = bytes_of(here.object() / here.frames_name());
  if (!bytes || !here.has_chunks()) return;
  if (here.chance(2)) fs::remove(here.object() / here.frames_name());
  overwrite(here.object() / here.one_of(names), *bytes);
}

void stranger_on_disk(site& here) {
  const char* const names[] = {"lost+found",  "holiday", "a\nwhole     fake",
                               "\x1b[31mred", "caf\xe9", ".hidden"};
  const auto path = here.disk() / here.one_of(names);
  if (!is_real_directory(here.disk()) || is_there(path)) return;
  switch (here.below(5)) {
    case 0:
      overwrite(path, "a stranger's");
      break;
    case 1:
      ::mkfifo(path.c_str(), 0644);
      break;
    case 2:
      fs::create_symlink("/dev/zero", path);
      break;
    case 3:
      fs::create_directory(path);
      break;
    default:
      fs::create_directory(path);
      overwrite(path / "mine", "a stranger's");
  }
}

// A stranger's folder under the object's name.
void stranger_as_object(site& here) {
  remove_tree(here.object());
  lay({{"mine", "a stranger's"}, {"letters", here.noise(100)}}, here.object());
}

void staged_stranger(site& here) {
  std::error_code ignored;
  fs::create_directory(here.staging(), ignored);
  if (!is_real_directory(here.staging())) return;
  const std::string names[] = {"holiday", "lost+found", here.id() + "0", "0123"};
  const auto path = here.staging() / here.one_of(names);
  if (is_there(path)) return;
  if (here.chance(3)) return overwrite(path, "a stranger's");
  lay({{"mine", "a stranger's"}}, path);
}

// What a put or a heal leaves that was killed: at any moment of its work.
void staged_leftover(site& here) {
  const auto& stored = here.stored();
  const version* const versions[] = {&stored.newest, &stored.older, &stored.other};
  const auto& from = *here.one_of(versions);
  auto shard = from.shards[here.chance(2) ? here.disk_number() : here.another_disk()];
  if (here.chance(3)) shard.erase("meta.json");
  if (here.chance(4)) shard.erase("frames.bound");
  if (here.chance(3)) {
    for (auto& [name, bytes] : shard) bytes.resize(here.below(bytes.size() + 1));
  }
  std::error_code ignored;
  fs::create_directory(here.staging(), ignored);
  if (is_real_directory(here.staging())) lay(shard, here.staging() / here.id());
}

// A put that was killed between its last meta.json and its first name, on some of the disks only.
void staged_put(site& here) {
  const auto& older = here.stored().older;
  const auto id = here.id();
  for (unsigned disk = 0; disk < here.stored().plan.disks(); ++disk) {
    auto shard = older.shards[disk];
    if (auto body = body_of(shard["meta.json"])) {
      (*body)["id"] = id;
      shard["meta.json"] = with_checksum(*body);
    }
    const auto staging = here.object_on(disk).parent_path() / ".annulus";
    // One disk has not got that far, so nothing was acknowledged.
    if (disk != here.disk_number() && is_real_directory(staging)) lay(shard, staging / id);
  }
}

// A shard that was set aside, as a replacing put does, and not brought back.
void set_aside(site& here) {
  std::error_code absent;
  if (is_real_directory(here.staging())) {
    fs::rename(here.object(), here.staging() / here.id(), absent);
  }
}

void staged_nodes(site& here) {
  if (!is_real_directory(here.staging())) return;
  const auto path = here.staging() / here.id();
  switch (here.below(5)) {
    case 0:
      ::mkfifo(path.c_str(), 0644);
      break;
    case 1:
      fs::create_symlink(here.strangers_folder(), path);
      break;
    case 2:
      fs::create_directory(path);
      ::mkfifo((path / "meta.json").c_str(), 0644);
      break;
    case 3:
      fs::create_directory(path);
      fs::create_symlink("/dev/zero", path / "meta.json");
      break;
    default:
      fs::create_directory(path);
      overwrite(path / "meta.json", std::string(300'000, '[') + std::string(300'000, ']'));
  }
}

constexpr named_change all[] = {
    {"stranger_in_object", stranger_in_object},
    {"fifo_in_object", fifo_in_object},
    {"copied_chunk", copied_chunk},
    {"stranger_on_disk", stranger_on_disk},
    {"stranger_as_object", stranger_as_object},
    {"staged_stranger", staged_stranger},
    {"staged_leftover", staged_leftover},
    {"staged_put", staged_put},
    {"set_aside", set_aside},
    {"staged_nodes", staged_nodes},
};

}  // namespace

std::span<const named_change> changes_of_strangers() {
  return all;
}

}  // namespace annulus::campaign
