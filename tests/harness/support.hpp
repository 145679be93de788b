// What the tests of the harness share.
#pragma once

#include <gtest/gtest.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace annulus::harness {

/// A directory for one test, removed with it.
class temporary_directory {
 public:
  temporary_directory() {
    std::string name = testing::TempDir() + "annulus-harness-XXXXXX";
    if (mkdtemp(name.data()) == nullptr) throw error("no temporary directory");
    path_ = name;
  }
  ~temporary_directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  temporary_directory(const temporary_directory&) = delete;
  temporary_directory& operator=(const temporary_directory&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::filesystem::path operator/(std::string_view name) const {
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

inline void write(const std::filesystem::path& file, std::string_view text) {
  std::ofstream(file, std::ios::binary) << text;
}

inline std::string read(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// A process that uses all the CPU time it gets, until it goes.
class busy_process {
 public:
  busy_process() : pid_(fork()) {
    if (pid_ != 0) return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (volatile unsigned spun = 0;;) spun = spun + 1;
  }
  ~busy_process() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  busy_process(const busy_process&) = delete;
  busy_process& operator=(const busy_process&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  /// Returns once it has used that much more.
  void await(double seconds) const {
    for (const double end = used() + seconds; used() < end;) sched_yield();
  }

 private:
  [[nodiscard]] double used() const {
    clockid_t clock{};
    timespec at{};
    if (clock_getcpuclockid(pid_, &clock) != 0 || clock_gettime(clock, &at) != 0)
      throw error("a process has no clock");
    return static_cast<double>(at.tv_sec) + 1e-9 * static_cast<double>(at.tv_nsec);
  }

  pid_t pid_;
};

/// A root with a proc in which no process is to be seen but this one and those that are let in, and
/// no counter, whatever else the machine does.
class small_world {
 public:
  small_world() {
    std::filesystem::create_directory(directory_ / "proc");
    let_in(getpid());
  }

  [[nodiscard]] const std::filesystem::path& root() const { return directory_.path(); }
  void let_in(pid_t process) const {
    const auto name = std::to_string(process);
    std::filesystem::create_symlink("/proc/" + name, root() / "proc" / name);
  }

 private:
  temporary_directory directory_;
};

/// What `call` says when it throws `Error`; a failure if it does not.
template <class Error, class Call>
std::string message_of(Call call) {
  try {
    call();
  } catch (const Error& thrown) {
    return thrown.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return "";
}

}  // namespace annulus::harness
