// A file system that works as the one behind it does, and writes down what happens.
#pragma once

#include <annulus/chunklog/passing_files.hpp>
#include <map>
#include <mutex>
#include <string>

#include "trace.hpp"

namespace annulus::crash {

/// Forwards to another file system and records what changes one directory. Thread-safe: steps are
/// recorded in the order in which they were done, as each is done and recorded under one lock. An
/// allocation changes neither size nor content, so it is not recorded.
class recording_files final : public chunklog::passing_files {
 public:
  enum class sites { no, yes };

  explicit recording_files(sites record_sites = sites::no,
                           chunklog::file_system& behind = chunklog::system_files())
      : passing_files(behind), record_sites_(record_sites == sites::yes) {}

  /// The files that are already in the directory, by name: their numbers in the trace. Others get
  /// the numbers from `next` on.
  void begin(std::map<std::string, int> present, int next);
  void mark(event::kind what, std::uint64_t number);
  [[nodiscard]] trace take();

  chunklog::opened_file open(int directory, const std::string& name, int flags) override;
  std::error_code rename(int directory, const std::string& from, const std::string& to) override;
  std::error_code remove(int directory, const std::string& name) override;
  std::error_code sync_directory(int directory) override;
  transfer write(int fd, std::span<const bytes_view> parts, std::uint64_t offset) override;
  std::error_code truncate(int fd, std::uint64_t bytes) override;
  std::error_code sync_data(int fd) override;

 private:
  void record(event step);
  [[nodiscard]] event at(int fd, event::kind what, std::uint64_t number = 0) const;

  const bool record_sites_;
  std::mutex mutex_;
  trace trace_;
  std::map<std::string, int> names_;
  std::map<int, event> files_;  // number and name, by descriptor; one that is closed is replaced
                                // when it is used again
  int next_ = 0;
};

}  // namespace annulus::crash
