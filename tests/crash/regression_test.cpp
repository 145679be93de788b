// What the checker has found, each as a test of its own.
#include <gtest/gtest.h>

#include <annulus/chunklog/log.hpp>

#include "directory.hpp"
#include "payload.hpp"
#include "watchdog.hpp"

namespace annulus::crash {
namespace {

using chunklog::chunk_log;

// The chunk that a reader begins with may be deleted before it does.
TEST(found_by_crashing, a_chunk_acknowledged_before_the_open_and_deleted_at_a_roll) {
  const scratch directory;
  chunklog::options how;
  how.chunk_bytes = 150;
  const std::string text(40, 'x');
  {
    const auto opened = chunk_log::open(directory.path(), how);
    ASSERT_TRUE(opened.ok()) << opened.message;
    for (std::uint64_t id = 1; id <= 2; ++id) {
      ASSERT_TRUE(opened.log->writer().append(view_of(text)).ok());
      ASSERT_EQ(opened.log->reader().next().id, id);
      ASSERT_TRUE(opened.log->reader().acknowledge(id).ok());
    }
  }
  const auto opened = chunk_log::open(directory.path(), how);
  ASSERT_TRUE(opened.ok()) << opened.message;
  const watchdog guard([&] { return opened.log->describe(); });
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(opened.log->writer().append(view_of(text)).ok());
  ASSERT_TRUE(opened.log->writer().sync().ok());
  for (std::uint64_t id = 3; id <= 4; ++id) {
    const auto record = opened.log->reader().next();
    ASSERT_TRUE(record.ok()) << record.message;
    EXPECT_EQ(record.id, id);
  }
}

}  // namespace
}  // namespace annulus::crash
