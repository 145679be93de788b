// The command as a process of its own, under a watchdog.
#pragma once

#include <sys/types.h>

#include <annulus/core/unique_fd.hpp>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace annulus::campaign {

using words = std::vector<std::string>;

struct process_limits {
  std::chrono::milliseconds time{20'000};
  std::uint64_t memory = std::uint64_t{4} << 30U;  ///< of addresses; 0: as much as there is
};

struct run_result {
  int status = 0;  ///< the exit status, or minus the signal
  bool hung = false;
  std::string out{}, err{};
};

/// A started command, in a process group of its own. Its outputs go to memory, so that it never
/// waits for whoever looks at them.
class child {
 public:
  /// Throws std::system_error if it cannot be started.
  child(const words& command, const process_limits& limits);
  child(const child&) = delete;
  child& operator=(const child&) = delete;
  /// Kills it, if it still runs.
  ~child();

  /// False if it has not ended by then.
  [[nodiscard]] bool ends_within(std::chrono::nanoseconds limit) const;
  /// Sends SIGKILL to the whole group.
  void kill() const noexcept;
  /// Waits for the end, at most the limit; kills what goes on longer.
  run_result wait();

 private:
  process_limits limits_;
  unique_fd out_, err_, end_;
  pid_t pid_ = -1;
  bool waited_ = false;
};

/// Starts a command and waits for it.
run_result run(const words& command, const process_limits& limits);

}  // namespace annulus::campaign
