// Which process an end of a shared ring belongs to.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>

namespace annulus {

/// A process, never mistaken for a later one of the same number: its number and when it started, in
/// one word, so that one atomic exchange can claim a place for it. 0 is no process.
class process_identity {
 public:
  process_identity() = default;
  explicit process_identity(std::uint64_t word) noexcept : word_(word) {}

  static process_identity self() {
    const auto pid = getpid();
    return process_identity(pid, started(pid).value_or(0));
  }

  [[nodiscard]] std::uint64_t word() const noexcept { return word_; }
  [[nodiscard]] pid_t pid() const noexcept { return static_cast<pid_t>(word_ & pid_mask); }
  explicit operator bool() const noexcept { return word_ != 0; }

  /// True if the process of that number is known to be another one, or none. Reads /proc; where
  /// that hides other users' processes it knows nothing and says false.
  [[nodiscard]] bool replaced() const {
    const auto start = started(pid());
    return start && process_identity(pid(), *start).word_ != word_;
  }

 private:
  // Linux numbers processes with at most 22 bits; 42 bits of clock ticks are a thousand years.
  static constexpr int pid_bits = 22;
  static constexpr std::uint64_t pid_mask = (std::uint64_t{1} << pid_bits) - 1;

  process_identity(pid_t pid, std::uint64_t start) noexcept
      : word_(start << pid_bits | static_cast<std::uint64_t>(pid)) {}

  // In clock ticks after the boot: field 22 of /proc/PID/stat, see proc(5).
  static std::optional<std::uint64_t> started(pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    // getline, since a process that goes after the opening is a failure of the reading, of which a
    // bare iterator would throw.
    std::string line;
    std::getline(file, line, '\0');
    // The name, field 2, may hold blanks and brackets.
    const auto name_end = line.rfind(')');
    if (name_end == std::string::npos) return {};
    std::istringstream fields(line.substr(name_end + 1));
    std::string skipped;
    for (int field = 3; field < 22; ++field) fields >> skipped;
    std::uint64_t start = 0;
    if (!(fields >> start)) return {};
    return start;
  }

  std::uint64_t word_ = 0;
};

/// The PID namespace of this process: numbers mean something only within one. 0 if unknown.
inline std::uint64_t pid_namespace() noexcept {
  struct stat seen {};
  return stat("/proc/self/ns/pid", &seen) == 0 ? seen.st_ino : 0;
}

}  // namespace annulus
