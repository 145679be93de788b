// Two processes and one directory.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <annulus/chunklog/log.hpp>
#include <annulus/chunklog/view.hpp>
#include <functional>

#include "directory.hpp"
#include "payload.hpp"
#include "watchdog.hpp"

namespace annulus::crash {
namespace {

using chunklog::chunk_log;

// What another process gets: the number of its error, or 0.
int in_another_process(const std::function<std::error_code()>& body) {
  const auto child = ::fork();
  if (child == 0) ::_exit(body().value());
  int ended = 0;
  EXPECT_EQ(::waitpid(child, &ended, 0), child);
  EXPECT_TRUE(WIFEXITED(ended));
  return WEXITSTATUS(ended);
}

TEST(two_processes, cannot_open_one_log) {
  const watchdog guard([] { return std::string("one holds the lock, the other waits for it"); });
  const scratch directory;
  const auto open = [&] { return chunk_log::open(directory.path()).error; };
  const auto view = [&] { return chunklog::log_view::open(directory.path()).error; };
  const auto locked = static_cast<int>(chunklog::errc::locked);
  {
    const auto mine = chunk_log::open(directory.path());
    ASSERT_TRUE(mine.ok()) << mine.message;
    const auto before = contents_of(directory.path());
    EXPECT_EQ(in_another_process(open), locked);
    EXPECT_EQ(in_another_process(view), locked);
    EXPECT_EQ(contents_of(directory.path()), before);
    EXPECT_TRUE(mine.log->writer().append(view_of("still mine")).ok());
    EXPECT_TRUE(mine.log->close().ok());
  }
  // And the other way round, once this one is gone.
  EXPECT_EQ(in_another_process(open), 0);
  const auto mine = chunklog::log_view::open(directory.path());
  ASSERT_TRUE(mine.ok()) << mine.message;
  EXPECT_EQ(in_another_process(view), 0);
  EXPECT_EQ(in_another_process(open), locked);
}

}  // namespace
}  // namespace annulus::crash
