// Running another program to its end, with a limit on its time.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>

namespace annulus::harness {

/// How a program ended, and what it printed (the first MiB of each).
struct child_outcome {
  enum class ending {
    exited,     ///< by itself; `code` is its exit status
    signalled,  ///< by the signal `code`
    timed_out,  ///< killed: the limit passed
    stopped,    ///< killed: the stop descriptor became readable
  };
  ending how = ending::exited;
  int code = 0;
  std::string out;
  std::string err;
};

/// Runs `arguments` (the program first, looked up in PATH if it has no slash) in a process group of
/// its own, with `input` on its standard input, and waits for it; then kills what is left of the
/// group. `stop_fd`, unless negative, ends it as soon as it is readable. Throws `error` if the
/// program cannot be started.
child_outcome run_child(std::span<const std::string> arguments, std::string_view input,
                        std::chrono::milliseconds limit, int stop_fd = -1);

}  // namespace annulus::harness
