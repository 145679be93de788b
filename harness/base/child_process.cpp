#include "base/child_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <annulus/core/unique_fd.hpp>
#include <array>
#include <cerrno>
#include <csignal>
#include <vector>

#include "base/error.hpp"
#include "base/system_words.hpp"

namespace annulus::harness {
namespace {

constexpr std::size_t kept_output = std::size_t{1} << 20U;

[[noreturn]] void refuse(std::string_view what, int code) {
  throw error(
      fmt::format("{}: {}", what, in_words(std::error_code(code, std::generic_category()))));
}

// The input as a file in memory: unlike a pipe it needs no feeding and raises no SIGPIPE.
unique_fd file_of(std::string_view input) {
  unique_fd file(memfd_create("input", MFD_CLOEXEC));
  if (file.get() < 0) refuse("a child's input cannot be prepared", errno);
  while (!input.empty()) {
    const ssize_t written = write(file.get(), input.data(), input.size());
    if (written < 0) refuse("a child's input cannot be prepared", errno);
    input.remove_prefix(static_cast<std::size_t>(written));
  }
  lseek(file.get(), 0, SEEK_SET);
  return file;
}

struct pipe_ends {
  unique_fd read;
  unique_fd write;
};

pipe_ends make_pipe() {
  std::array<int, 2> raw{};
  if (pipe2(raw.data(), O_CLOEXEC) != 0) refuse("a child's output cannot be prepared", errno);
  pipe_ends ends{unique_fd(raw[0]), unique_fd(raw[1])};
  // Its writers may outlive the child, and then a read must not wait for them.
  fcntl(raw[0], F_SETFL, O_NONBLOCK);
  return ends;
}

class spawn_actions {
 public:
  spawn_actions() { posix_spawn_file_actions_init(&actions_); }
  ~spawn_actions() { posix_spawn_file_actions_destroy(&actions_); }
  spawn_actions(const spawn_actions&) = delete;
  spawn_actions& operator=(const spawn_actions&) = delete;

  void redirect(const unique_fd& from, int to) {
    posix_spawn_file_actions_adddup2(&actions_, from.get(), to);
  }
  [[nodiscard]] const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

// A new group, and the signals as a fresh program expects them whatever this one blocks.
class spawn_attributes {
 public:
  spawn_attributes() {
    posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~spawn_attributes() { posix_spawnattr_destroy(&attributes_); }
  spawn_attributes(const spawn_attributes&) = delete;
  spawn_attributes& operator=(const spawn_attributes&) = delete;

  [[nodiscard]] const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

// A started process group: killed and reaped at the latest when this goes.
class running_child {
 public:
  explicit running_child(pid_t pid)
      : pid_(pid), handle_(static_cast<int>(syscall(SYS_pidfd_open, pid, 0))) {
    const int code = errno;
    if (handle_.get() < 0) {
      finish();
      refuse("a child cannot be watched (pidfd_open, Linux 5.3 or later)", code);
    }
  }
  ~running_child() { finish(); }
  running_child(const running_child&) = delete;
  running_child& operator=(const running_child&) = delete;

  /// Readable once the process has ended.
  [[nodiscard]] int handle() const { return handle_.get(); }

  /// Kills the group and returns the leader's wait status, its own if it had ended before.
  int finish() {
    if (pid_ > 0) {
      kill(-pid_, SIGKILL);
      while (waitpid(pid_, &status_, 0) < 0 && errno == EINTR) {
      }
      pid_ = -1;
    }
    return status_;
  }

 private:
  pid_t pid_;
  int status_ = 0;
  unique_fd handle_;
};

pid_t spawn(std::span<const std::string> arguments, const unique_fd& in, const unique_fd& out,
            const unique_fd& err) {
  spawn_actions actions;
  actions.redirect(in, STDIN_FILENO);
  actions.redirect(out, STDOUT_FILENO);
  actions.redirect(err, STDERR_FILENO);
  const spawn_attributes attributes;
  std::vector<std::string> texts(arguments.begin(), arguments.end());
  std::vector<char*> raw;
  raw.reserve(texts.size() + 1);
  for (std::string& text : texts) raw.push_back(text.data());
  raw.push_back(nullptr);
  pid_t pid = -1;
  const int code =
      posix_spawnp(&pid, raw.front(), actions.get(), attributes.get(), raw.data(), environ);
  if (code != 0) refuse(fmt::format("{} cannot be started", arguments.front()), code);
  return pid;
}

// Reads what there is. False at the end of the stream.
bool drain(int fd, std::string& into) {
  std::array<char, 1U << 16U> buffer{};
  for (;;) {
    const ssize_t got = read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return got < 0 && errno == EAGAIN;
    const std::size_t room = kept_output - into.size();
    into.append(buffer.data(), std::min(room, static_cast<std::size_t>(got)));
  }
}

}  // namespace

child_outcome run_child(std::span<const std::string> arguments, std::string_view input,
                        std::chrono::milliseconds limit, int stop_fd) {
  using clock = std::chrono::steady_clock;
  const unique_fd in = file_of(input);
  pipe_ends out = make_pipe();
  pipe_ends err = make_pipe();
  const clock::time_point deadline = clock::now() + limit;
  running_child child(spawn(arguments, in, out.write, err.write));
  out.write = unique_fd();
  err.write = unique_fd();

  child_outcome result;
  std::array<pollfd, 4> watched{pollfd{child.handle(), POLLIN, 0}, pollfd{stop_fd, POLLIN, 0},
                                pollfd{out.read.get(), POLLIN, 0},
                                pollfd{err.read.get(), POLLIN, 0}};
  auto& [ended, stop, printed, complained] = watched;
  bool killed = false;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - clock::now());
    const auto wait = std::clamp<std::chrono::milliseconds::rep>(left.count(), 0, 60'000);
    if (poll(watched.data(), watched.size(), static_cast<int>(wait)) < 0) {
      if (errno == EINTR) continue;
      refuse("a child cannot be waited for", errno);
    }
    if (printed.revents != 0 && !drain(printed.fd, result.out)) printed.fd = -1;
    if (complained.revents != 0 && !drain(complained.fd, result.err)) complained.fd = -1;
    if (stop.revents != 0) {
      result.how = child_outcome::ending::stopped;
      killed = true;
    } else if (ended.revents == 0 && clock::now() >= deadline) {
      result.how = child_outcome::ending::timed_out;
      killed = true;
    }
    if (killed || ended.revents != 0) break;
  }
  const int status = child.finish();
  drain(out.read.get(), result.out);
  drain(err.read.get(), result.err);
  if (!killed) {
    const bool signalled = WIFSIGNALED(status);
    result.how = signalled ? child_outcome::ending::signalled : child_outcome::ending::exited;
    result.code = signalled ? WTERMSIG(status) : WEXITSTATUS(status);
  }
  return result;
}

}  // namespace annulus::harness
