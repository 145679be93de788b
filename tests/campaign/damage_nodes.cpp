// What is no regular file or directory, or is none any more.
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "site.hpp"

namespace annulus::campaign {
namespace {

void link_instead(const fs::path& path, const fs::path& target) {
  std::error_code ignored;  // what is not there cannot be a link either
  if (!is_there(path.parent_path())) return;
  remove_tree(path);
  fs::create_symlink(target, path, ignored);
}

// Moves what has the name outside, and leaves a link to it: to follow it looks right.
void move_and_link(const site& here, const fs::path& path) {
  std::error_code absent;
  fs::rename(path, here.outside(), absent);
  if (!absent) fs::create_symlink(here.outside(), path, absent);
}

void link_disk(site& here) {
  here.chance(2) ? move_and_link(here, here.disk())
                 : link_instead(here.disk(), here.strangers_folder());
}

void link_object(site& here) {
  here.chance(2) ? move_and_link(here, here.object())
                 : link_instead(here.object(), here.strangers_folder());
}

void link_staging(site& here) {
  here.chance(2) ? move_and_link(here, here.staging())
                 : link_instead(here.staging(), here.strangers_folder());
}

void link_file(site& here) {
  const auto path = here.some_file();
  if (path.empty()) return;
  switch (here.below(4)) {
    case 0:
      return move_and_link(here, path);
    case 1:
      return link_instead(path, here.strangers_folder() / "thesis");
    case 2:
      return link_instead(path, path.filename());  // to itself
    default:
      return link_instead(path, "nowhere");
  }
}

void link_to_device(site& here) {
  const auto path = here.some_file();
  const char* const devices[] = {"/dev/zero", "/dev/null", "/dev/full"};
  if (!path.empty()) link_instead(path, here.one_of(devices));
}

// Where something else may be: a file of the object, its directory, the disk, the staging
// directory.
fs::path some_place(site& here) {
  switch (here.below(8)) {
    case 0:
      return here.object();
    case 1:
      return here.disk();
    case 2:
      return here.staging();
    case 3: {
      const char* const names[] = {"part.1",       "meta.json",   "frames.bound", "0000.chunk",
                                   "ledger.state", "buffer.lock", "0101.chunk"};
      return here.object() / here.one_of(names);
    }
    default:
      return here.some_file();
  }
}

void fifo(site& here) {
  const auto path = some_place(here);
  if (path.empty()) return;
  remove_tree(path);
  ::mkfifo(path.c_str(), 0644);
}

void device(site& here) {
  const auto path = some_place(here);
  if (path.empty()) return;
  const unsigned minors[] = {3, 5};  // null, zero
  const auto minor = here.one_of(minors);
  remove_tree(path);
  // Not everybody may make one; a link comes close.
  if (::mknod(path.c_str(), S_IFCHR | 0644, makedev(1, minor)) != 0) {
    link_instead(path, minor == 3 ? "/dev/null" : "/dev/zero");
  }
}

void directory(site& here) {
  const auto path = here.chance(4) ? some_place(here) : here.some_file();
  if (path.empty()) return;
  remove_tree(path);
  std::error_code ignored;
  fs::create_directory(path, ignored);
  if (here.chance(3)) overwrite(path / "mine", "a stranger's");
}

void file(site& here) {
  const fs::path places[] = {here.object(), here.disk(), here.staging()};
  const auto& path = here.one_of(places);
  remove_tree(path);
  overwrite(path, here.noise(here.below(100)));
}

void unreadable(site& here) {
  const fs::path places[] = {here.some_file(), here.object(), here.disk(), here.staging()};
  const auto& path = here.one_of(places);
  if (is_there(path) && !fs::is_symlink(path)) fs::permissions(path, fs::perms::none);
}

void remove_disk(site& here) {
  remove_tree(here.disk());
}

void empty_disk(site& here) {
  if (!is_real_directory(here.disk())) return;
  remove_tree(here.disk());
  fs::create_directory(here.disk());
}

void remove_object(site& here) {
  remove_tree(here.object());
}

void empty_object(site& here) {
  if (!is_real_directory(here.object())) return;
  for (const auto& each : here.files_of_object()) fs::remove(here.object() / each);
}

constexpr named_change all[] = {
    {"link_disk", link_disk},
    {"link_object", link_object},
    {"link_staging", link_staging},
    {"link_file", link_file},
    {"link_to_device", link_to_device},
    {"fifo", fifo},
    {"device", device},
    {"directory", directory},
    {"file", file},
    {"unreadable", unreadable},
    {"remove_disk", remove_disk},
    {"empty_disk", empty_disk},
    {"remove_object", remove_object},
    {"empty_object", empty_object},
};

}  // namespace

std::span<const named_change> changes_of_nodes() {
  return all;
}

}  // namespace annulus::campaign
