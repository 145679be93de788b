// A file system that works as the one behind it does, and writes down what happens.
#pragma once

#include <annulus/chunklog/file_system.hpp>
#include <map>
#include <mutex>
#include <string>

#include "trace.hpp"

namespace annulus::crash {

/// Forwards to another file system and records what changes one directory. Thread-safe: steps are
/// recorded in the order in which they were done, as each is done and recorded under one lock.
class recording_files final : public chunklog::file_system {
 public:
  enum class sites { no, yes };

  explicit recording_files(sites record_sites = sites::no,
                           chunklog::file_system& behind = chunklog::system_files())
      : behind_(behind), record_sites_(record_sites == sites::yes) {}

  /// The files that are already in the directory, by name: their numbers in the trace. Others get
  /// the numbers from `next` on.
  void begin(std::map<std::string, int> present, int next);
  void mark(event::kind what, std::uint64_t number);
  [[nodiscard]] trace take();

  std::error_code make_directories(const std::filesystem::path& path) override {
    return behind_.make_directories(path);
  }
  chunklog::opened_file open_directory(const std::filesystem::path& path) override {
    return behind_.open_directory(path);
  }
  chunklog::names list(const std::filesystem::path& directory) override {
    return behind_.list(directory);
  }
  chunklog::opened_file open(int directory, const std::string& name, int flags) override;
  std::error_code rename(int directory, const std::string& from, const std::string& to) override;
  std::error_code remove(int directory, const std::string& name) override;
  std::error_code sync_directory(int directory) override;
  chunklog::file_size size(int fd) override { return behind_.size(fd); }
  transfer read(int fd, bytes_span to, std::uint64_t offset) override {
    return behind_.read(fd, to, offset);
  }
  transfer write(int fd, std::span<const bytes_view> parts, std::uint64_t offset) override;
  std::error_code truncate(int fd, std::uint64_t bytes) override;
  /// Changes neither size nor content, so it is not recorded.
  std::error_code allocate(int fd, std::uint64_t bytes) override {
    return behind_.allocate(fd, bytes);
  }
  std::error_code sync_data(int fd) override;
  std::error_code lock(int fd, chunklog::lock_mode mode) override { return behind_.lock(fd, mode); }

 private:
  void record(event step);
  [[nodiscard]] event at(int fd, event::kind what, std::uint64_t number = 0) const;

  chunklog::file_system& behind_;
  const bool record_sites_;
  std::mutex mutex_;
  trace trace_;
  std::map<std::string, int> names_;
  std::map<int, event> files_;  // number and name, by descriptor; one that is closed is replaced
                                // when it is used again
  int next_ = 0;
};

}  // namespace annulus::crash
