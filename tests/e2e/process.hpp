// Running the command as a user would, and looking at all that comes back.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/files.hpp"

namespace annulus::e2e {

namespace fs = std::filesystem;
using arguments = std::vector<std::string>;
using support::slurp;

/// A directory that is removed with it.
class scratch {
 public:
  scratch() {
    std::string name = (fs::temp_directory_path() / "annulus-e2e-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    path_ = name;
  }
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;
  ~scratch() { fs::remove_all(path_); }
  [[nodiscard]] const fs::path& path() const { return path_; }
  [[nodiscard]] std::string operator/(const std::string& name) const {
    return (path_ / name).string();
  }

  /// "D0,D1,…"
  [[nodiscard]] std::string disks(unsigned count) const {
    std::string list;
    for (unsigned i = 0; i < count; ++i)
      list += (i == 0 ? "" : ",") + (*this / ("d" + std::to_string(i)));
    return list;
  }

 private:
  fs::path path_;
};

#if defined(ANNULUS_RINGS)
/// The names of all registered rings.
inline std::vector<std::string> registered_rings() {
  std::vector<std::string> names;
  std::istringstream list(ANNULUS_RINGS);
  for (std::string name; std::getline(list, name, ',');) names.push_back(name);
  return names;
}
#endif

inline void spit(const fs::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  if (!file.flush()) throw std::runtime_error("cannot write " + path.string());
}

/// Text without a pattern that a bug could keep.
inline std::string noise(std::size_t size, std::uint64_t seed = 1) {
  std::string text(size, '\0');
  for (auto& c : text) {
    seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
    c = static_cast<char>(seed >> 56);
  }
  return text;
}

/// A started command; its output goes to files, so that it never waits for the test.
class process {
 public:
  /// `keep_input_open` gives it a pipe as standard input, whose other end is `input()`.
  explicit process(const arguments& given, bool keep_input_open = false,
                   const std::string& standard_input = {},
                   const std::string& program = ANNULUS_COMMAND) {
    spit(home_ / "in", standard_input);
    int ends[2] = {-1, -1};
    if (keep_input_open && pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2 failed");
    pid_ = fork();
    if (pid_ == 0) {
      const auto redirect = [](int from, int to) {
        if (from < 0 || dup2(from, to) < 0) _exit(126);
      };
      redirect(keep_input_open ? ends[0] : ::open((home_ / "in").c_str(), O_RDONLY), STDIN_FILENO);
      redirect(::open((home_ / "out").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDOUT_FILENO);
      redirect(::open((home_ / "err").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDERR_FILENO);
      std::vector<char*> words{const_cast<char*>(program.c_str())};
      for (const auto& word : given) words.push_back(const_cast<char*>(word.c_str()));
      words.push_back(nullptr);
      execv(words[0], words.data());
      _exit(127);
    }
    if (keep_input_open) close(ends[0]);
    input_ = ends[1];
    pidfd_ = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  }
  process(const process&) = delete;
  process& operator=(const process&) = delete;
  ~process() {
    if (!waited_) {
      kill(pid_, SIGKILL);
      wait();
    }
    close_input();
    close(pidfd_);
  }

  [[nodiscard]] pid_t pid() const { return pid_; }
  void signal(int number) const { kill(pid_, number); }
  /// False if it has not ended by then.
  [[nodiscard]] bool ends_within(std::chrono::milliseconds limit) const {
    pollfd end{pidfd_, POLLIN, 0};
    return poll(&end, 1, static_cast<int>(limit.count())) > 0;
  }
  /// Waits for the end. The exit status, or minus the signal that killed it.
  int wait() {
    int status = 0;
    waitpid(pid_, &status, 0);
    waited_ = true;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

  void write_input(const std::string& text) const {
    for (std::size_t at = 0; at < text.size();) {
      const auto n = ::write(input_, text.data() + at, text.size() - at);
      if (n < 0) throw std::runtime_error("the command closed its input");
      at += static_cast<std::size_t>(n);
    }
  }
  void close_input() {
    if (input_ >= 0) close(input_);
    input_ = -1;
  }
  [[nodiscard]] std::string out() const { return slurp(home_ / "out"); }
  [[nodiscard]] std::string err() const { return slurp(home_ / "err"); }

 private:
  scratch home_;
  pid_t pid_ = -1;
  int pidfd_ = -1;
  int input_ = -1;
  bool waited_ = false;
};

struct result {
  int status;
  std::string out, err;
};

inline result run(const arguments& given, const std::string& standard_input = {}) {
  process child(given, false, standard_input);
  const auto status = child.wait();
  return {status, child.out(), child.err()};
}

/// The arguments of a shell that runs `script`, in which "$0" is the command and "$1"... are
/// `words`.
inline arguments script_with(const std::string& script, const arguments& words = {}) {
  arguments all{"-c", script, ANNULUS_COMMAND};
  all.insert(all.end(), words.begin(), words.end());
  return all;
}

inline result run_shell(const std::string& script, const arguments& words = {}) {
  process child(script_with(script, words), false, {}, "/bin/sh");
  const auto status = child.wait();
  return {status, child.out(), child.err()};
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// Spins, giving way to others, until `ready()`; a test that never gets there is ended by CTest's
/// time limit.
template <class Ready>
void await(Ready ready) {
  while (!ready()) sched_yield();
}

}  // namespace annulus::e2e
