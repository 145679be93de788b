// The memory between `append` and the log's own thread.
#include <sys/resource.h>

#include "support.hpp"

namespace annulus::chunklog::test {
namespace {

// Of the calling thread, for a page that was not there.
long page_faults() {
  rusage used{};
  EXPECT_EQ(::getrusage(RUSAGE_THREAD, &used), 0);
  return used.ru_minflt;
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
  const long pages = static_cast<long>(options{}.ring_bytes / 4096);
  const auto there = faults_of_a_first_lap({.prefault = true});
  const auto not_there = faults_of_a_first_lap({});
  EXPECT_EQ(options{}.memory, memory_policy{.prefault = true});
  EXPECT_GT(not_there - there, pages / 2) << there << " and " << not_there << " page faults";
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
