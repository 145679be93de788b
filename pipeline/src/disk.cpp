#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <annulus/pipeline/disk.hpp>
#include <annulus/pipeline/error.hpp>
#include <cerrno>
#include <set>

#include "format.hpp"
#include "system_error.hpp"

namespace annulus::pipeline {
namespace fs = std::filesystem;
namespace {

unique_fd open_at(const fs::path& path, int flags, mode_t mode = 0) {
  return unique_fd(::open(path.c_str(), flags | O_CLOEXEC, mode));
}

std::error_code sync_directory(const fs::path& path) {
  const auto fd = open_at(path, O_RDONLY | O_DIRECTORY);
  return fd && fsync(fd.get()) == 0 ? std::error_code{} : last_error();
}

// Whether another process has the chunk log in `object` open.
bool log_is_open(const fs::path& object) {
  const auto lock = open_at(object / "buffer.lock", O_RDONLY);
  return lock && flock(lock.get(), LOCK_EX | LOCK_NB) != 0;
}

}  // namespace

std::error_code read_file(int directory, const char* name, std::string& text) {
  const unique_fd fd(::openat(directory, name, O_RDONLY | O_CLOEXEC));
  if (!fd) return last_error();
  text.clear();
  char piece[4096];
  for (;;) {
    const auto n = ::read(fd.get(), piece, sizeof piece);
    if (n == 0) return {};
    if (n < 0 && errno != EINTR) return last_error();
    if (n > 0) text.append(piece, static_cast<std::size_t>(n));
  }
}

std::vector<std::string> objects_on(const fs::path& disk) {
  std::vector<std::string> names;
  std::error_code absent;  // a disk that cannot be listed has no objects
  for (const auto& entry : fs::directory_iterator(disk, absent)) {
    auto name = entry.path().filename().string();
    if (!name.starts_with('.') && entry.is_directory(absent)) names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());
  return names;
}

void check_disk_list(const std::vector<fs::path>& disks) {
  if (disks.empty()) throw error(error_kind::bad_argument, "at least one disk must be named");
  std::set<fs::path> seen;
  for (const auto& disk : disks) {
    if (disk.empty()) throw error(error_kind::bad_argument, "a disk's name is empty");
    if (!seen.insert(fs::absolute(disk).lexically_normal() / "").second) {
      throw error(error_kind::bad_argument, formatted("disk {} is named twice", disk.string()));
    }
  }
}

void prepare_disk(const fs::path& disk) {
  const auto staging = disk / staging_directory;
  std::error_code problem;
  fs::create_directories(staging, problem);
  if (!problem && access(staging.c_str(), W_OK | X_OK) != 0) problem = last_error();
  if (problem) {
    throw error(error_kind::failed,
                formatted("disk {} cannot be written: {}", disk.string(), problem.message()));
  }
}

std::vector<fs::path> staged_on(const fs::path& disk) {
  std::vector<fs::path> staged;
  std::error_code absent;  // no staging directory, nothing staged
  for (const auto& entry : fs::directory_iterator(disk / staging_directory, absent))
    staged.push_back(entry.path());
  return staged;
}

unique_fd lock_leftover(const fs::path& staged) {
  auto fd = open_at(staged, O_RDONLY | O_DIRECTORY);
  return fd && flock(fd.get(), LOCK_EX | LOCK_NB) == 0 ? std::move(fd) : unique_fd();
}

std::error_code publish_directory(const fs::path& staged, const fs::path& target, bool& replaced) {
  const auto rename = [&](unsigned flags) {
    return renameat2(AT_FDCWD, staged.c_str(), AT_FDCWD, target.c_str(), flags) == 0;
  };
  replaced = false;
  if (rename(RENAME_NOREPLACE)) return {};
  if (errno != EEXIST) return last_error();
  if (log_is_open(target)) return std::make_error_code(std::errc::device_or_resource_busy);
  if (!rename(RENAME_EXCHANGE)) return last_error();
  replaced = true;
  return {};
}

staged_object::staged_object(fs::path disk, const std::string& id)
    : disk_(std::move(disk)), path_(disk_ / staging_directory / id) {
  // A recovery that runs now may remove the directory before it is locked; then it is made anew.
  constexpr int attempts = 10;
  for (int i = 0; i < attempts; ++i) {
    if (::mkdir(path_.c_str(), 0755) != 0 && errno != EEXIST) break;
    auto lock = open_at(path_, O_RDONLY | O_DIRECTORY);
    struct stat info {};
    if (lock && flock(lock.get(), LOCK_EX | LOCK_NB) == 0 && fstat(lock.get(), &info) == 0 &&
        info.st_nlink > 0) {
      lock_ = std::move(lock);
      return;
    }
  }
  throw error(error_kind::failed,
              formatted("disk {} cannot be written: {}", disk_.string(), last_error().message()));
}

staged_object::~staged_object() {
  // After a publish, what lies here is the object that was replaced, if any.
  std::error_code ignored;
  if (lock_) fs::remove_all(path_, ignored);
}

std::error_code staged_object::write_meta(const object_meta& meta, bool durable) {
  const auto text = serialise(meta);
  const auto fd = open_at(path_ / meta_file, O_WRONLY | O_CREAT | O_EXCL, 0644);
  if (!fd) return last_error();
  for (std::size_t done = 0; done < text.size();) {
    const auto n = ::write(fd.get(), text.data() + done, text.size() - done);
    if (n < 0 && errno != EINTR) return last_error();
    if (n > 0) done += static_cast<std::size_t>(n);
  }
  if (!durable) return {};
  if (fsync(fd.get()) != 0) return last_error();
  return sync_directory(path_);
}

std::error_code staged_object::publish(const std::string& name, bool durable) {
  const auto target = disk_ / name;
  if (const auto error = publish_directory(path_, target, replaced_)) return error;
  published_ = target;
  return durable ? sync_directory(disk_) : std::error_code{};
}

void staged_object::withdraw() {
  if (published_.empty()) return;
  renameat2(AT_FDCWD, published_.c_str(), AT_FDCWD, path_.c_str(), replaced_ ? RENAME_EXCHANGE : 0);
  published_.clear();
}

}  // namespace annulus::pipeline
