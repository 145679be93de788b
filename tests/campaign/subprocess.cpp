#include "subprocess.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <system_error>

extern char** environ;  // NOLINT: POSIX's name

namespace annulus::campaign {
namespace {

[[noreturn]] void fail(int code, const std::string& what) {
  throw std::system_error(code, std::generic_category(), what);
}

// More than any honest report.
constexpr std::size_t most_kept = std::size_t{4} << 20U;

std::string text_of(int fd) {
  const auto end = ::lseek(fd, 0, SEEK_END);
  std::string text(std::min(most_kept, static_cast<std::size_t>(std::max<off_t>(end, 0))), '\0');
  const auto n = ::pread(fd, text.data(), text.size(), 0);
  text.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
  return text;
}

unique_fd in_memory(const char* name) {
  unique_fd file(::memfd_create(name, MFD_CLOEXEC));
  if (!file) fail(errno, "memfd_create");
  return file;
}

// What a spawned process gets.
class spawning {
 public:
  spawning(int out, int err) {
    ::posix_spawn_file_actions_init(&files_);
    ::posix_spawn_file_actions_addopen(&files_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&files_, out, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&files_, err, STDERR_FILENO);
    ::posix_spawnattr_init(&how_);
    ::posix_spawnattr_setflags(&how_, POSIX_SPAWN_SETPGROUP);
  }
  spawning(const spawning&) = delete;
  spawning& operator=(const spawning&) = delete;
  ~spawning() {
    ::posix_spawn_file_actions_destroy(&files_);
    ::posix_spawnattr_destroy(&how_);
  }
  int start(pid_t& pid, const words& command) const {
    std::vector<char*> arguments;
    for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    return ::posix_spawn(&pid, arguments[0], &files_, &how_, arguments.data(), environ);
  }

 private:
  posix_spawn_file_actions_t files_{};
  posix_spawnattr_t how_{};
};

}  // namespace

child::child(const words& command, const process_limits& limits)
    : limits_(limits), out_(in_memory("out")), err_(in_memory("err")) {
  const spawning how(out_.get(), err_.get());
  if (const int problem = how.start(pid_, command)) fail(problem, command.front());
  const rlimit memory{limits.memory, limits.memory};
  if (limits.memory > 0) ::prlimit(pid_, RLIMIT_AS, &memory, nullptr);
  end_ = unique_fd(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  if (!end_) fail(errno, "pidfd_open");
}

child::~child() {
  if (waited_) return;
  kill();
  ::waitpid(pid_, nullptr, 0);
}

bool child::ends_within(std::chrono::nanoseconds limit) const {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  for (;;) {
    const auto left =
        std::max(std::chrono::nanoseconds(0),
                 std::chrono::nanoseconds(deadline - std::chrono::steady_clock::now()));
    const timespec wait{left.count() / 1'000'000'000, left.count() % 1'000'000'000};
    pollfd end{end_.get(), POLLIN, 0};
    const int n = ::ppoll(&end, 1, &wait, nullptr);
    if (n >= 0 || errno != EINTR) return n > 0;
  }
}

void child::kill() const noexcept {
  ::kill(-pid_, SIGKILL);
}

run_result child::wait() {
  run_result result;
  result.hung = !ends_within(limits_.time);
  if (result.hung) kill();
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  waited_ = true;
  kill();  // what it has started and left behind
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  result.out = text_of(out_.get());
  result.err = text_of(err_.get());
  return result;
}

run_result run(const words& command, const process_limits& limits) {
  return child(command, limits).wait();
}

}  // namespace annulus::campaign
