// A writer of its own process is killed at any moment, again and again, on one log.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "killed_writer.hpp"

namespace annulus::crash {

struct scene {
  int rounds;
  std::uint64_t chunk_bytes;
  std::uint64_t record_bytes;      ///< at most
  std::uint64_t filled;            ///< records that lie in the log before the first round
  std::function<void()> crash{};   ///< before the kill
  std::function<void()> reboot{};  ///< behind it
  /// The writer works on as if there had been no crash: only what it was promised before counts.
  bool unnoticed = false;
};

/// One test: each round writes, crashes, opens and compares.
class kills {
 public:
  /// The log is in `place`; what the writer tells in `desk`, which must outlive any crash.
  kills(const std::filesystem::path& place, const std::filesystem::path& desk, scene what);
  ~kills();
  kills(const kills&) = delete;
  kills& operator=(const kills&) = delete;

  void run();

 private:
  void fill();
  /// Starts a writer, crashes and kills it behind so many steps of its.
  void interrupt(lives life, int steps, std::uint64_t seed);
  /// Opens what is left; with `all`, reads every record.
  void check(bool all);
  [[nodiscard]] std::string sentence() const;

  const scene what_;
  std::filesystem::path log_;
  std::string path_;
  chunklog::options how_{};
  progress* seen_ = nullptr;
  std::map<std::uint64_t, lives> written_by_;  // by the first ID
  std::uint64_t next_ = 1;
  int round_ = 0;
  std::int64_t steps_ = 0;
  std::uint64_t read_ = 0;
  std::uint64_t more_ = 0;  // records found that were not yet confirmed
  double slowest_ = 0;
};

}  // namespace annulus::crash
