#include "cli/stop_on_signal.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>

namespace annulus::cli {
namespace {

// To the process: what is raised in a thread is seen by no other.
void signal_this_process(int number) {
  kill(getpid(), number);
}

TEST(stop_on_signal, requests_a_stop_and_is_readable) {
  EXPECT_EXIT(
      {
        {
          const stop_on_signal signals;
          signal_this_process(SIGTERM);
          while (!signals.token().stop_requested()) sched_yield();
          if (!harness::is_readable(signals.fd()) || !harness::interruption::pending()) _exit(1);
        }
        // Taken with its watcher.
        _exit(harness::interruption::current() == -1 ? 0 : 2);
      },
      testing::ExitedWithCode(0), "");
}

// As a disk that never answers does: nobody looks at the stop.
TEST(stop_on_signal, ends_a_command_that_does_not_end) {
  for (const int number : {SIGINT, SIGTERM}) {
    EXPECT_EXIT(
        {
          const stop_on_signal signals;
          signal_this_process(number);
          for (;;) pause();
        },
        testing::ExitedWithCode(1), "annulus: interrupted, but what it was doing did not end");
  }
}

}  // namespace
}  // namespace annulus::cli
