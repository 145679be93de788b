// What a file system of one's own begins with.
#pragma once

#include <annulus/chunklog/file_system.hpp>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <system_error>

namespace annulus::chunklog {

/// Hands every call on to another file system, which must outlive it: derive and override those
/// that differ. As thread-safe as what is behind it.
class passing_files : public file_system {
 public:
  explicit passing_files(file_system& behind = system_files()) noexcept : behind_(behind) {}

  std::error_code make_directories(const std::filesystem::path& path) override {
    return behind_.make_directories(path);
  }
  opened_file open_directory(const std::filesystem::path& path) override {
    return behind_.open_directory(path);
  }
  opened_file reopen_directory(int directory) override {
    return behind_.reopen_directory(directory);
  }
  directory_entries list(int directory) override { return behind_.list(directory); }
  opened_file open(int directory, const std::string& name, int flags) override {
    return behind_.open(directory, name, flags);
  }
  std::error_code rename(int directory, const std::string& from, const std::string& to) override {
    return behind_.rename(directory, from, to);
  }
  std::error_code remove(int directory, const std::string& name) override {
    return behind_.remove(directory, name);
  }
  std::error_code sync_directory(int directory) override {
    return behind_.sync_directory(directory);
  }
  file_size size(int fd) override { return behind_.size(fd); }
  transfer read(int fd, bytes_span to, std::uint64_t offset) override {
    return behind_.read(fd, to, offset);
  }
  transfer write(int fd, std::span<const bytes_view> parts, std::uint64_t offset) override {
    return behind_.write(fd, parts, offset);
  }
  std::error_code truncate(int fd, std::uint64_t bytes) override {
    return behind_.truncate(fd, bytes);
  }
  std::error_code allocate(int fd, std::uint64_t bytes) override {
    return behind_.allocate(fd, bytes);
  }
  std::error_code sync_data(int fd) override { return behind_.sync_data(fd); }
  std::error_code lock(int fd, lock_mode mode) override { return behind_.lock(fd, mode); }

 protected:
  file_system& behind_;
};

}  // namespace annulus::chunklog
