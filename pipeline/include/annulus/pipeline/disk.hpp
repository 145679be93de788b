// A disk is a directory, and an object on it is a directory of files that a put has made.
#pragma once

#include <annulus/core/unique_fd.hpp>
#include <annulus/pipeline/object.hpp>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace annulus::pipeline {

inline constexpr const char* shard_file = "part.1";
inline constexpr const char* meta_file = "meta.json";
inline constexpr const char* staging_directory = ".annulus";

/// A disk, held open: whatever its path comes to mean, this stays the directory.
struct disk {
  std::filesystem::path path;
  unique_fd fd{};
  std::string fault{};  ///< why it cannot be used; empty exactly if `fd` is open
  bool gone = false;    ///< nothing has its name
};

/// Opens a disk. A symbolic link is a fault: what lies behind it was not named.
disk open_disk(const std::filesystem::path& path);

/// Opens a disk, or makes it and the directories above it; with `durable`, each is synced in its
/// parent.
disk make_disk(const std::filesystem::path& path, bool durable);

/// Throws error(bad_argument) if there is no disk or one is named twice, or lies in another one,
/// links followed.
void check_disk_list(const std::vector<std::filesystem::path>& disks);

/// Whether `path` is a place, or lies in one, that belongs to an object of that name, or to what is
/// staged, on one of the disks. Links are followed.
bool lies_on(const std::vector<std::filesystem::path>& disks, const std::string& name,
             const std::filesystem::path& path);

/// What lies under a name.
enum class made_by {
  nobody,   ///< nothing is there
  a_put,    ///< a directory of which a put's files prove that a put has made it
  unknown,  ///< anything else. It is never changed.
};

/// A place in a disk's directory, or in its staging directory, as it was found.
struct object_directory {
  unique_fd fd{};  ///< pins it: a put may exchange what has its name
  made_by maker = made_by::nobody;
  std::string why{};                  ///< with `unknown`: a sentence's part that says what is there
  bool alike = false;                 ///< with `unknown`: it holds files as puts do
  std::optional<object_meta> meta{};  ///< if meta.json is whole, of whatever name
  std::string meta_fault{};           ///< if not
};

/// Looks at `entry` of an open directory. Follows no link and waits for nothing. A put has made it
/// if its meta.json or its frames.bound says so, of the object `name` (of any, if empty), and there
/// is nothing in it that no put makes.
object_directory look_at(int parent, const std::string& entry, std::string_view name);

/// The entries of an open directory, sorted.
std::vector<std::string> entries_of(int directory);

/// Whether there is nothing in a directory but empty files of the names that puts give, if
/// anything: nothing is lost with it, whoever has made it.
bool is_blank(int directory);

/// Removes a directory of a put's files: these by their names, then it, unless something else is in
/// it.
void remove_object(int parent, const std::string& entry);

std::error_code sync_directory(int directory) noexcept;

}  // namespace annulus::pipeline
