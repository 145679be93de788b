// A line on a terminal that says how far a transfer is, how fast, and how long it will take.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace annulus::cli {

/// Prints to standard error, only if that is a terminal, at most ten times a second.
class progress_bar {
 public:
  /// Shows nothing unless `wanted`.
  explicit progress_bar(std::string what, bool wanted = true);
  progress_bar(const progress_bar&) = delete;
  progress_bar& operator=(const progress_bar&) = delete;
  ~progress_bar();

  void update(std::uint64_t done, std::optional<std::uint64_t> total);

 private:
  using clock = std::chrono::steady_clock;
  std::string what_;
  bool shown_;
  bool drawn_ = false;
  clock::time_point start_ = clock::now();
  clock::time_point last_{};
};

/// "1.5 GiB"
std::string human_bytes(std::uint64_t bytes);

}  // namespace annulus::cli
