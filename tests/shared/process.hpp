// Starting the process at the other end, and ending it.
#pragma once

#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <fstream>
#include <iterator>

#include "support.hpp"

namespace annulus::shared_tests {

/// For typed suites over every storage and each way of waiting.
using all = ::testing::Types<flat_park, flat_yield, mirror_park, mirror_yield>;
struct names {
  template <class Ring>
  static std::string GetName(int i) {  // NOLINT(readability-identifier-naming): GoogleTest's name
    return std::string(ring_names[i]);
  }
};

inline bool checked_spawn(int error) {
  if (error != 0) throw std::system_error(error, std::generic_category(), "posix_spawn");
  return true;
}

/// A running peer, killed and waited for when it goes out of scope.
class peer {
 public:
  peer(std::string_view ring, const char* side, const char* action, int file,
       std::uint64_t seed = 1) {
    std::string arguments[] = {ANNULUS_SHARED_PEER, std::string(ring), side, action,
                               std::to_string(seed)};
    char* argv[] = {arguments[0].data(), arguments[1].data(), arguments[2].data(),
                    arguments[3].data(), arguments[4].data(), nullptr};
    // Copies above both numbers, or the second dup2 could meet the first one's source.
    const auto ring_copy = owned(fcntl(file, F_DUPFD_CLOEXEC, 10), "fcntl");
    const auto ledger_copy = owned(fcntl(done_.fd(), F_DUPFD_CLOEXEC, 10), "fcntl");
    posix_spawn_file_actions_t actions{};
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ring_copy.get(), ring_descriptor);
    posix_spawn_file_actions_adddup2(&actions, ledger_copy.get(), ledger_descriptor);
    const auto error = posix_spawn(&pid_, argv[0], &actions, nullptr, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    checked_spawn(error);
  }
  peer(const peer&) = delete;
  peer& operator=(const peer&) = delete;
  ~peer() {
    kill();
    wait();
  }

  void kill() const {
    if (pid_ > 0) ::kill(pid_, SIGKILL);
  }
  /// The status that waitpid gives.
  int wait() {
    if (pid_ > 0) {
      waitpid(pid_, &status_, 0);
      pid_ = 0;
    }
    return status_;
  }
  /// What it has moved at least.
  [[nodiscard]] std::uint64_t done() const { return done_.value(); }
  /// Its main thread sleeps in the kernel.
  [[nodiscard]] bool asleep() const {
    std::ifstream file("/proc/" + std::to_string(pid_) + "/task/" + std::to_string(pid_) + "/stat");
    const std::string line(std::istreambuf_iterator<char>(file), {});
    const auto name_end = line.rfind(')');
    return name_end != std::string::npos && line.substr(name_end + 2, 1) == "S";
  }

 private:
  ledger done_;
  pid_t pid_ = 0;
  int status_ = 0;
};

/// Reads the stream to its end, whatever that is, and checks every byte.
struct received {
  std::uint64_t bytes = 0;
  bool right = true;
  std::error_code end;
};
template <class Reader>
received read_all(Reader& reader, std::uint64_t already = 0) {
  received got{.bytes = already, .right = true, .end = {}};
  std::vector<std::byte> piece(5000);
  while (!got.end) {
    const auto step = reader.read(piece);
    got.right = got.right && matches({piece.data(), step.bytes}, got.bytes);
    got.bytes += step.bytes;
    got.end = step.error;
  }
  return got;
}

/// Writes the stream until it is told not to.
template <class Writer>
received write_all(Writer& writer, std::uint64_t end, std::uint64_t already = 0) {
  received put{.bytes = already, .right = true, .end = {}};
  std::vector<std::byte> piece(5000);
  while (!put.end && put.bytes < end) {
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), end - put.bytes));
    fill({piece.data(), n}, put.bytes);
    const auto step = writer.write({piece.data(), n});
    put.bytes += step.bytes;
    put.end = step.error;
  }
  return put;
}

}  // namespace annulus::shared_tests
