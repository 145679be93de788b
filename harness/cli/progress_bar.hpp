// A line on a terminal that says how far something is.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace annulus::cli {

/// Whether standard error is a terminal on which a line can replace itself; TERM=dumb and none say
/// that it cannot.
bool has_live_terminal();

/// One line on standard error that replaces itself; nothing without a live terminal.
class live_line {
 public:
  live_line() = default;
  ~live_line() { show(""); }
  live_line(const live_line&) = delete;
  live_line& operator=(const live_line&) = delete;

  void show(std::string_view text) const;

 private:
  bool shown_ = has_live_terminal();
};

/// How far a transfer is, how fast, and how long it will take. Prints to standard error, only if
/// that is a live terminal, at most ten times a second.
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
