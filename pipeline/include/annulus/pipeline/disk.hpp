// A disk is a directory. An object on it appears whole or not at all: it is written aside and
// renamed into place.
#pragma once

#include <annulus/pipeline/object.hpp>
#include <annulus/unique_fd.hpp>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

namespace annulus::pipeline {

inline constexpr const char* shard_file = "part.1";
inline constexpr const char* meta_file = "meta.json";
inline constexpr const char* staging_directory = ".annulus";

/// Reads a whole small file of an open directory.
std::error_code read_file(int directory, const char* name, std::string& text);

/// The names of the objects on a disk, sorted; none if the disk is not there.
std::vector<std::string> objects_on(const std::filesystem::path& disk);

/// Throws error(bad_argument) if there is no disk or one is named twice.
void check_disk_list(const std::vector<std::filesystem::path>& disks);

/// Creates the directory of `disk` if need be and proves that files can be created in it. Throws
/// error(failed) that names the disk.
void prepare_disk(const std::filesystem::path& disk);

/// What lies in a disk's staging directory: objects under construction, and those that a replacing
/// put or a heal has set aside.
std::vector<std::filesystem::path> staged_on(const std::filesystem::path& disk);

/// Takes the lock of a staged object; none if the put or heal that made it still runs.
unique_fd lock_leftover(const std::filesystem::path& staged);

/// Renames a staged directory to DISK/NAME, atomically. An object that has that name already
/// changes places with it, and `replaced` tells so.
std::error_code publish_directory(const std::filesystem::path& staged,
                                  const std::filesystem::path& target, bool& replaced);

/// An object under construction on one disk, in DISK/.annulus/ID. It is locked, so that
/// the recovery of another process leaves it alone, and is removed on destruction unless published.
class staged_object {
 public:
  /// Throws error(failed).
  staged_object(std::filesystem::path disk, const std::string& id);
  staged_object(staged_object&& other) noexcept = default;
  staged_object& operator=(staged_object&&) = delete;
  staged_object(const staged_object&) = delete;
  staged_object& operator=(const staged_object&) = delete;
  ~staged_object();

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] const std::filesystem::path& disk() const noexcept { return disk_; }

  /// Writes meta.json; with `durable`, syncs it and the directory.
  std::error_code write_meta(const object_meta& meta, bool durable);

  /// Renames the object into place, atomically, exchanging it with an older one of that name, which
  /// is kept aside until destruction, so that withdraw() can bring it back.
  std::error_code publish(const std::string& name, bool durable);

  /// Undoes publish().
  void withdraw();

 private:
  std::filesystem::path disk_;
  std::filesystem::path path_;
  std::filesystem::path published_;
  bool replaced_ = false;
  unique_fd lock_;
};

}  // namespace annulus::pipeline
