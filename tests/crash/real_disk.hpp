// Directories and file systems on real devices, for tests that make them fail.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

namespace annulus::crash {

/// A directory on a real file system, that is gone with this.
class real_directory {
 public:
  /// Throws std::system_error.
  real_directory();
  ~real_directory();
  real_directory(const real_directory&) = delete;
  real_directory& operator=(const real_directory&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

/// A file system of its own in a file.
class loop_image {
 public:
  /// Of that type, as mkfs calls it; the size as truncate takes it.
  loop_image(const std::string& type, const std::string& size);
  ~loop_image();
  loop_image(const loop_image&) = delete;
  loop_image& operator=(const loop_image&) = delete;

  /// False where this machine cannot make or mount it.
  [[nodiscard]] bool ready() const noexcept { return ready_; }
  /// Outside of it.
  [[nodiscard]] const std::filesystem::path& desk() const noexcept { return here_.path(); }
  [[nodiscard]] std::filesystem::path path() const { return mount_; }
  bool up() const;
  bool down() const;
  /// Nothing that is not on the disk by now gets there any more.
  bool shut_down() const;

 private:
  const real_directory here_;
  std::string mount_;
  std::string mount_command_;
  bool ready_ = false;
};

/// A file system whose device can be copied in one instant: the file below it lies on an XFS, where
/// a copy shares the blocks. A copy is what a loss of power would leave then, if all writes that
/// had been issued got to the medium.
class snapshot_image {
 public:
  snapshot_image(const std::string& type, const std::string& size);
  ~snapshot_image();
  snapshot_image(const snapshot_image&) = delete;
  snapshot_image& operator=(const snapshot_image&) = delete;

  /// False where this machine cannot make or mount it.
  [[nodiscard]] bool ready() const noexcept { return ready_; }
  /// Outlives all that happens to the file system.
  [[nodiscard]] const std::filesystem::path& desk() const noexcept { return outer_.desk(); }
  [[nodiscard]] std::filesystem::path path() const { return mount_; }
  /// At any time.
  bool copy() const;
  /// Goes on with the latest copy in place of what has become of the original.
  bool restart();

 private:
  class device;
  bool up();
  bool down();
  [[nodiscard]] std::filesystem::path file(bool second) const;

  const loop_image outer_;  // before what lies on it
  const std::string type_;
  std::filesystem::path mount_;
  bool second_ = false;  // of two files is in use
  std::unique_ptr<device> device_;
  bool mounted_ = false;
  bool ready_ = false;
};

}  // namespace annulus::crash
