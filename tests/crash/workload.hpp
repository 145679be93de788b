// What is done to a log while a trace of it is recorded.
#pragma once

#include <annulus/chunklog/direct_writer.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "directory.hpp"
#include "recording_files.hpp"
#include "reopening.hpp"

namespace annulus::crash {

/// A log in use. Every call throws std::runtime_error if the log refuses what it should do.
class player {
 public:
  player(const log_shape& shape, recording_files& files, const std::filesystem::path& directory);

  void append(int records = 1);
  void flush();
  /// Everything appended and acknowledged is durable.
  void sync();
  /// Waits until all records so far are durable, or those up to one that was appended before.
  void durable() { durable(last_); }
  void durable(std::uint64_t id);
  /// Appends records in one call.
  void append_batch(int records);
  /// Appends until that is refused for lack of room.
  void append_until_full();
  /// Appends from several threads, each of which waits until its record is durable.
  void append_shared(int threads, int records_each);
  /// Reads so many of the next records, without acknowledging.
  void read(int records = 1);
  /// Acknowledges one record.
  void acknowledge(std::uint64_t id);
  /// Acknowledges all up to one, which was not read: a direct writer's.
  void acknowledge_up_to(std::uint64_t id);
  /// Reads and acknowledges.
  void consume(int records = 1);
  void close();
  /// Closes and opens again.
  void reopen();

  [[nodiscard]] std::uint64_t last() const noexcept { return last_; }
  [[nodiscard]] std::uint64_t delivered() const noexcept { return delivered_; }

 private:
  void open();

  const log_shape& shape_;
  recording_files& files_;
  std::filesystem::path directory_;
  std::unique_ptr<chunklog::chunk_log> log_;
  std::optional<chunklog::direct_writer> direct_;  // instead
  std::uint64_t last_ = 0;
  std::uint64_t delivered_ = 0;
  std::uint64_t acknowledged_ = 0;
  std::set<std::uint64_t> beyond_;  // acknowledged behind a gap
};

struct workload {
  std::string name;
  log_shape shape;
  std::function<void(player&)> play;
  /// What the log's files are; null: the operating system's.
  std::shared_ptr<chunklog::file_system> files{};
  /// Whether the log's calls come in the same order each time it is played, but for those that the
  /// log's own thread chooses.
  bool repeatable = true;
};

/// Each shows something else that may go wrong; short enough to look at every crash.
std::vector<workload> short_workloads();
/// Any calls in any order, by the seed.
workload random_workload(std::uint64_t seed, int calls);

/// Plays it on a log of its own.
trace record(const workload& what, recording_files::sites sites = recording_files::sites::no);

}  // namespace annulus::crash
