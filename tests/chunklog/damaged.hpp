// Logs to be damaged, and disks that damage them.
#pragma once

#include <fcntl.h>

#include <annulus/chunklog/passing_files.hpp>
#include <map>
#include <mutex>

#include "format.hpp"
#include "support.hpp"

namespace annulus::chunklog::test {

/// Whether a byte of a ledger is in a slot that has been written.
inline bool in_a_slot(const std::string& ledger, std::size_t at) {
  for (const std::size_t slot : {512U, 1024U}) {
    if (at >= slot && at < slot + 64) {
      return ledger.substr(slot, 64).find_first_not_of('\0') != std::string::npos;
    }
  }
  return false;
}

/// For tests in which nothing crashes: waits for no disk.
class unsynced_files : public passing_files {
 public:
  std::error_code sync_directory(int /*directory*/) override { return {}; }
  std::error_code sync_data(int /*fd*/) override { return {}; }
};
inline unsynced_files& unsynced() {
  static unsynced_files files;
  return files;
}

/// Appends `count` records of different sizes, closes, and gives them back.
inline records make_log(const std::filesystem::path& path, std::uint64_t count,
                        std::uint64_t chunk_bytes = 400, std::size_t most = 90) {
  options how;
  how.chunk_bytes = chunk_bytes;
  how.files = &unsynced();
  records all;
  const auto log = must_open(path, how);
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto text = payload(i, i * 7 % most + (most > 90 ? most : 0));
    all.emplace_back(must_append(*log, text), text);
  }
  EXPECT_TRUE(log->close().ok());
  return all;
}

/// A disk that cannot read some bytes of one file.
class lost_sector : public passing_files {
 public:
  lost_sector(std::string name, std::uint64_t offset, std::uint64_t bytes)
      : name_(std::move(name)), offset_(offset), bytes_(bytes) {}

  opened_file open(int directory, const std::string& name, int flags) override {
    auto opened = passing_files::open(directory, name, flags);
    const std::scoped_lock hold(mutex_);
    names_[opened.fd.get()] = name;
    return opened;
  }
  transfer read(int fd, bytes_span to, std::uint64_t offset) override {
    {
      const std::scoped_lock hold(mutex_);
      if (names_[fd] != name_) return passing_files::read(fd, to, offset);
    }
    if (offset >= offset_ + bytes_ || offset + to.size() <= offset_) {
      return passing_files::read(fd, to, offset);
    }
    const auto before = offset < offset_ ? static_cast<std::size_t>(offset_ - offset) : 0;
    auto done = passing_files::read(fd, to.first(before), offset);
    if (!done.error) done.error = std::make_error_code(std::errc::io_error);
    return done;
  }

 private:
  std::string name_;
  std::uint64_t offset_;
  std::uint64_t bytes_;
  std::mutex mutex_;
  std::map<int, std::string> names_{};
};

/// A process that dies before its n-th change to the disk.
class dying : public unsynced_files {
 public:
  explicit dying(int changes) : left_(changes) {}
  [[nodiscard]] bool dead() const { return left_ < 0; }

  opened_file open(int directory, const std::string& name, int flags) override {
    if ((flags & O_CREAT) != 0 && name != "buffer.lock" && dies()) return {{}, gone()};
    return unsynced_files::open(directory, name, flags);
  }
  std::error_code rename(int directory, const std::string& from, const std::string& to) override {
    return dies() ? gone() : passing_files::rename(directory, from, to);
  }
  std::error_code remove(int directory, const std::string& name) override {
    return dies() ? gone() : passing_files::remove(directory, name);
  }
  transfer write(int fd, std::span<const bytes_view> parts, std::uint64_t offset) override {
    if (dies()) return {0, gone()};
    return passing_files::write(fd, parts, offset);
  }

 private:
  bool dies() {
    if (left_ >= 0) --left_;
    return left_ < 0;
  }
  static std::error_code gone() { return std::make_error_code(std::errc::io_error); }
  int left_;
};

}  // namespace annulus::chunklog::test
