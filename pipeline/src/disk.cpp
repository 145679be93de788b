#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <annulus/core/restarted.hpp>
#include <annulus/pipeline/disk.hpp>
#include <annulus/pipeline/error.hpp>
#include <annulus/pipeline/escaped.hpp>
#include <array>
#include <cerrno>
#include <memory>

#include "ask.hpp"
#include "binding.hpp"
#include "files.hpp"
#include "format.hpp"
#include "system_error.hpp"

namespace annulus::pipeline {
namespace fs = std::filesystem;
namespace {

constexpr int directory_flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

bool is_chunk(std::string_view name) {
  return name.size() == 10 && name.ends_with(".chunk") &&
         name.substr(0, 4).find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// The names of the files that a put, a heal or a repair of a log makes in an object's directory.
bool is_object_file(std::string_view name) {
  constexpr std::string_view repaired = ".repair";
  if (name.ends_with(repaired)) name.remove_suffix(repaired.size());
  constexpr std::array<std::string_view, 5> names{meta_file, shard_file, binding_file,
                                                  "ledger.state", "buffer.lock"};
  return is_chunk(name) || std::find(names.begin(), names.end(), name) != names.end();
}

bool is_directory(int parent, const std::string& entry) {
  struct stat info {};
  return fstatat(parent, entry.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(info.st_mode);
}

std::string kind_of(int parent, const std::string& entry) {
  struct stat info {};
  if (fstatat(parent, entry.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0)
    return last_error().message();
  switch (info.st_mode & S_IFMT) {
    case S_IFLNK:
      return "it is a symbolic link, which is not followed";
    case S_IFREG:
      return "it is a file";
    case S_IFIFO:
      return "it is a FIFO";
    case S_IFSOCK:
      return "it is a socket";
    case S_IFDIR:
      return "it is a directory that cannot be opened";
    default:
      return "it is a device";
  }
}

// "it is" what? Of what could not be opened as a directory.
std::string why_no_directory(int parent, const std::string& entry, int code) {
  if (code == ENOTDIR || code == ELOOP) return kind_of(parent, entry);
  return std::error_code(code, std::generic_category()).message();
}

// As far as a path leads through what is there, and the rest as it stands.
fs::path resolved(const fs::path& path) {
  std::error_code unknown;
  auto found = fs::weakly_canonical(fs::absolute(path), unknown);
  if (unknown) found = fs::absolute(path).lexically_normal();
  return (found / "").parent_path();
}

// One directory can have two paths without a link: where it is mounted twice.
struct place {
  fs::path path;
  bool is_there = false;
  dev_t device = 0;
  ino_t inode = 0;
};

place place_of(const fs::path& path) {
  place found{resolved(path)};
  struct stat info {};
  found.is_there = stat(path.c_str(), &info) == 0;
  found.device = info.st_dev;
  found.inode = info.st_ino;
  return found;
}

bool lies_in(const fs::path& inner, const fs::path& outer) {
  const auto [differs, rest] =
      std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end());
  static_cast<void>(rest);
  return differs == outer.end();
}

// Makes each directory of a path that is missing. The first error ends it.
std::error_code make_directories(const fs::path& path, bool durable) {
  const auto parent = path.parent_path();
  if (::mkdir(path.c_str(), 0777) != 0) {
    if (errno == EEXIST) return {};
    if (errno != ENOENT || parent.empty() || parent == path) return last_error();
    if (const auto error = make_directories(parent, durable)) return error;
    if (::mkdir(path.c_str(), 0777) != 0 && errno != EEXIST) return last_error();
  }
  if (!durable) return {};
  const unique_fd above(detail::restarted(
      [&] { return ::open(parent.empty() ? "." : parent.c_str(), directory_flags); }));
  return above ? sync_directory(above.get()) : last_error();
}

// What of a directory's files proves it, if anything.
bool proved(const object_directory& found, std::string_view name) {
  if (found.meta) return name.empty() || found.meta->name == name;
  const auto proof = proof_in(found.fd.get());
  return proof && (name.empty() || proves(*proof, name));
}

void read_meta(object_directory& found) {
  std::string text;
  if (const auto problem = read_file(found.fd.get(), meta_file, max_meta_bytes, text)) {
    found.meta_fault = formatted("{} cannot be read: {}", meta_file, problem.message());
    return;
  }
  try {
    found.meta = parse_meta(text);
  } catch (const error& problem) {
    found.meta_fault = formatted("{} is corrupted: {}", meta_file, problem.what());
  }
}

}  // namespace

disk open_disk(const fs::path& path) {
  disk opened{.path = path, .fd = unique_fd(detail::restarted([&] {
                              return ::open(path.c_str(), directory_flags | O_NOFOLLOW);
                            }))};
  if (opened.fd) return opened;
  const int code = errno;
  opened.gone = code == ENOENT;
  opened.fault =
      opened.gone ? "missing" : "unusable: " + why_no_directory(AT_FDCWD, path.native(), code);
  return opened;
}

disk make_disk(const fs::path& path, bool durable) {
  auto opened = open_disk(path);
  if (!opened.gone) return opened;
  // A trailing slash would make an empty last name.
  if (const auto problem = make_directories((path / "").parent_path(), durable)) {
    opened.fault = problem.message();
    return opened;
  }
  return open_disk(path);
}

void check_disk_list(const std::vector<fs::path>& disks) {
  const auto refuse = [](const std::string& sentence) {
    throw error(error_kind::bad_argument, sentence);
  };
  if (disks.empty()) refuse("at least one disk must be named");
  for (const auto& one : disks) {
    if (one.empty()) refuse("a disk's name is empty");
  }
  const auto answers = ask_each(disks, [](const fs::path& path) { return place_of(path); });
  std::vector<place> places;
  for (std::size_t i = 0; i < disks.size(); ++i)
    places.push_back(answers[i] ? *answers[i] : place{fs::absolute(disks[i]).lexically_normal()});
  for (std::size_t i = 0; i < disks.size(); ++i) {
    for (std::size_t j = 0; j < disks.size(); ++j) {
      if (i == j) continue;
      if (places[i].path == places[j].path)
        refuse(formatted("disk {} is named twice", escaped(disks[std::max(i, j)])));
      if (lies_in(places[i].path, places[j].path))
        refuse(formatted("disk {} lies in disk {}", escaped(disks[i]), escaped(disks[j])));
      if (places[i].is_there && places[j].is_there && places[i].device == places[j].device &&
          places[i].inode == places[j].inode) {
        refuse(
            formatted("disk {} is named twice, as {} too", escaped(disks[j]), escaped(disks[i])));
      }
    }
  }
}

bool lies_on(const std::vector<fs::path>& disks, const std::string& name, const fs::path& path) {
  if (!path.is_absolute()) return false;
  const auto place = resolved(path);
  return std::any_of(disks.begin(), disks.end(), [&](const fs::path& one) {
    const auto root = resolved(one);
    return lies_in(place, root / name) || lies_in(place, root / staging_directory);
  });
}

std::vector<std::string> entries_of(int directory) {
  std::vector<std::string> names;
  // A description of its own: reading moves the place in it.
  const int own = detail::restarted([&] { return ::openat(directory, ".", directory_flags); });
  if (own < 0) return names;
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(fdopendir(own), &closedir);
  if (!stream) {
    ::close(own);
    return names;
  }
  while (const auto* const entry = readdir(stream.get())) {
    std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());
  return names;
}

object_directory look_at(int parent, const std::string& entry, std::string_view name) {
  object_directory found{.fd = unique_fd(detail::restarted([&] {
                           return ::openat(parent, entry.c_str(), directory_flags | O_NOFOLLOW);
                         }))};
  if (!found.fd) {
    if (errno == ENOENT) return found;
    found.maker = made_by::unknown;
    found.why = why_no_directory(parent, entry, errno);
    return found;
  }
  read_meta(found);
  found.maker = made_by::unknown;
  if (!proved(found, name)) {
    const auto inside = entries_of(found.fd.get());
    found.alike = std::any_of(inside.begin(), inside.end(), is_object_file);
    found.why = found.meta ? formatted("its {} names '{}'", meta_file, escaped(found.meta->name))
                           : "nothing in it proves that a put has made it";
    return found;
  }
  for (const auto& inside : entries_of(found.fd.get())) {
    if (is_object_file(inside) && !is_directory(found.fd.get(), inside)) continue;
    found.alike = true;
    found.why = formatted("it holds '{}', which no put has made", escaped(inside));
    return found;
  }
  found.maker = made_by::a_put;
  return found;
}

// What proves whose it is goes last: who is killed here leaves what the next recovery knows.
void remove_object(int parent, const std::string& entry) {
  const unique_fd directory(detail::restarted(
      [&] { return ::openat(parent, entry.c_str(), directory_flags | O_NOFOLLOW); }));
  if (!directory) return;
  const auto is_proof = [](std::string_view name) {
    return name == binding_file || name == meta_file;
  };
  for (const auto& name : entries_of(directory.get())) {
    if (is_object_file(name) && !is_proof(name)) unlinkat(directory.get(), name.c_str(), 0);
  }
  unlinkat(directory.get(), binding_file, 0);
  unlinkat(directory.get(), meta_file, 0);
  unlinkat(parent, entry.c_str(), AT_REMOVEDIR);
}

bool is_blank(int directory) {
  const auto inside = entries_of(directory);
  return std::all_of(inside.begin(), inside.end(), [&](const std::string& name) {
    struct stat info {};
    return is_object_file(name) &&
           fstatat(directory, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISREG(info.st_mode) && info.st_size == 0;
  });
}

std::error_code sync_directory(int directory) noexcept {
  return sync_file(directory);
}

}  // namespace annulus::pipeline
