// An object appears on a disk whole or not at all: it is made aside and renamed into place.
#pragma once

#include <annulus/core/unique_fd.hpp>
#include <annulus/pipeline/disk.hpp>
#include <annulus/pipeline/object.hpp>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <system_error>
#include <vector>

namespace annulus::pipeline {

/// DISK/.annulus, if that is a directory and no link; none otherwise.
unique_fd open_staging(const disk& where);
/// The same, made if need be. Throws error(failed) with what lies in its place.
unique_fd make_staging(const disk& where, bool durable);

/// What lies there and may be of a put or a heal: under construction, or set aside.
std::vector<std::string> staged_in(int staging);

/// Takes the lock of something staged; none if the put or heal that made it still runs.
unique_fd lock_leftover(int staging, const std::string& id);

/// Removes something staged that is locked, unless somebody reads a chunk log in it: then it is
/// left for the next recovery.
void remove_staged(int staging, const std::string& id);

/// Keeps other writers from giving and taking names on some disks: the lock of each staging
/// directory, in an order that all writers share. Readers take none. The kernel drops it with the
/// process.
class publication_lock {
 public:
  /// Waits. Throws error: cancelled; failed after a minute, since no publication takes as long.
  publication_lock(const std::vector<const disk*>& disks, const std::stop_token& stop);

 private:
  std::vector<unique_fd> held_;
};

/// An object under construction on one disk, in DISK/.annulus/ID. It is locked, so that the
/// recovery of another process leaves it alone, and is removed on destruction. `where` must outlive
/// it.
class staged_object {
 public:
  /// Throws error(failed) whose sentence part says why the disk cannot be written.
  staged_object(std::shared_ptr<const disk> where, std::string id, bool durable);
  staged_object(staged_object&& other) noexcept = default;
  staged_object& operator=(staged_object&&) = delete;
  staged_object(const staged_object&) = delete;
  staged_object& operator=(const staged_object&) = delete;
  ~staged_object();

  /// For messages.
  [[nodiscard]] std::filesystem::path path() const;
  [[nodiscard]] int directory() const noexcept { return lock_.get(); }

  /// Writes meta.json and seals the binding; with `durable`, syncs both and the directory.
  std::error_code write_meta(const object_meta& meta, bool durable);

  /// Gives the object its name, in one step. An older one of that name is kept aside until
  /// destruction, so that withdraw() can bring it back. What no put has made is left where it is,
  /// and the sentence part says what it is. Precondition: a publication_lock of the disk.
  std::string publish(const std::string& name, bool durable);

  /// Undoes publish().
  void withdraw();

 private:
  std::shared_ptr<const disk> where_;
  std::string id_;
  unique_fd staging_;
  unique_fd lock_;
  std::string published_;
  bool replaced_ = false;
};

/// Renames STAGING/ID to the name, as staged_object::publish does.
std::string publish_staged(const disk& where, int staging, const std::string& id,
                           const std::string& name, bool& replaced);

}  // namespace annulus::pipeline
