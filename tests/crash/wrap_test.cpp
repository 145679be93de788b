// Chunk numbers are 16 bits: a real log passes the last one, and goes on.
#include <gtest/gtest.h>

#include <iostream>

#include "directory.hpp"
#include "payload.hpp"
#include "reopening.hpp"
#include "watchdog.hpp"

namespace annulus::crash {
namespace {

TEST(long_wrap, of_chunk_numbers_loses_nothing) {
  const scratch directory;
  constexpr std::uint64_t chunks = 0x10000 + 300;
  constexpr std::size_t size = 48;  // one record a chunk
  chunklog::options how;
  how.chunk_bytes = 100;
  std::uint64_t id = 0;
  std::uint64_t read = 0;
  const watchdog guard(
      [&] { return std::to_string(id) + " appended, " + std::to_string(read) + " read"; },
      std::chrono::minutes(60));
  auto opened = chunklog::chunk_log::open(directory.path(), how);
  ASSERT_TRUE(opened.ok()) << opened.message;
  bool passed_the_last = false;
  while (id < chunks) {
    for (int i = 0; i < 7 && id < chunks; ++i) {
      const auto done = opened.log->writer().append(view_of(payload_of(id + 1, first_life, size)));
      ASSERT_TRUE(done.ok()) << done.message;
      ASSERT_EQ(done.id, ++id);
    }
    while (read + 20 < id) {
      const auto record = opened.log->reader().next();
      ASSERT_TRUE(record.ok()) << record.message;
      ASSERT_EQ(record.id, ++read);
      ASSERT_NE(lives_of(read, record.payload, size), 0);
      ASSERT_TRUE(opened.log->reader().acknowledge(read).ok());
    }
    // Closed and opened again on both sides of the wrap, and in the middle of it.
    const bool near_wrap = id > 0xFFA0 && id < 0x10080;
    if (near_wrap || id % 7000 == 0) {
      ASSERT_TRUE(opened.log->close().ok());
      opened = {};
      const auto files = contents_of(directory.path());
      passed_the_last =
          passed_the_last || (files.contains("ffff.chunk") && files.contains("0000.chunk"));
      opened = chunklog::chunk_log::open(directory.path(), how);
      ASSERT_TRUE(opened.ok()) << opened.message;
      ASSERT_EQ(opened.found.next_id, id + 1);
      ASSERT_EQ(opened.found.acknowledged, read);
      ASSERT_EQ(opened.found.notes, "");
    }
  }
  EXPECT_TRUE(passed_the_last);
  std::cout << id << " records in as many chunks\n";
}

}  // namespace
}  // namespace annulus::crash
