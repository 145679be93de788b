// The memory between `append` and the log's own thread.
#include <sys/resource.h>

#include "support.hpp"
#include "support/thinned.hpp"
#include "watchdog.hpp"

namespace annulus::chunklog::test {
namespace {

// A sanitizer has pages of its own for each that is touched.
#define SKIP_IF_SANITIZED() \
  if (support::sanitized) GTEST_SKIP() << "page faults of the sanitizer count as ours"

// Of the calling thread, for a page that was not there.
long page_faults() {
  rusage used{};
  EXPECT_EQ(::getrusage(RUSAGE_THREAD, &used), 0);
  return used.ru_minflt;
}

// Of memory files, as the ring's, that the process has.
long resident_pages() {
  std::ifstream in("/proc/self/statm");
  long all = 0;
  long resident = 0;
  long shared = 0;
  in >> all >> resident >> shared;
  return shared;
}

long faults_of_a_first_lap(const memory_policy& memory) {
  const scratch dir;
  options how;
  how.memory = memory;
  const auto log = must_open(dir.log(), how);
  const auto record = payload(1, 4000);
  const auto before = page_faults();
  for (std::size_t bytes = 0; bytes < how.ring_bytes; bytes += record.size()) {
    must_append(*log, record);
  }
  return page_faults() - before;
}

TEST(ring_memory, is_there_before_the_first_append) {
  SKIP_IF_SANITIZED();
  const long pages = static_cast<long>(options{}.ring_bytes / 4096);
  EXPECT_LT(faults_of_a_first_lap({.prefault = true}), pages / 8);
}

// Where the first touch of a page takes tens of microseconds, all of them would be most of what an
// empty log costs.
TEST(ring_memory, is_left_alone_by_who_opens_and_appends_once) {
  SKIP_IF_SANITIZED();
  const scratch dir;
  const auto before = page_faults();
  const auto log = must_open(dir.log());
  must_append(*log, "first");
  EXPECT_LT(page_faults() - before, 64);
}

TEST(ring_memory, is_touched_by_the_log_when_it_is_idle) {
  const scratch dir;
  const auto before = resident_pages();
  const auto log = must_open(dir.log());
  const auto whole = before + static_cast<long>(options{}.ring_bytes / 4096);
  const watchdog guard(*log);  // each flush has the log's thread look around, and idle again
  while (resident_pages() < whole) ASSERT_TRUE(log->writer().flush().ok());
}

TEST(ring_memory, that_cannot_be_had_fails_the_open) {
  const scratch dir;
  options how;
  how.memory.nodes = {1023};
  const auto opened = chunk_log::open(dir.log(), how);
  EXPECT_EQ(opened.error, annulus::errc::no_such_node) << opened.message;
  EXPECT_EQ(opened.log, nullptr);
  EXPECT_EQ(opened.message.find(dir.log().string()), 0U) << opened.message;
  EXPECT_NE(opened.message.find("cannot have its ring"), std::string::npos) << opened.message;
}

}  // namespace
}  // namespace annulus::chunklog::test
