// SIGKILL: what has been written outlives the process that wrote it.
#include <gtest/gtest.h>

#include <annulus/chunklog/log.hpp>

#include "killing.hpp"
#include "real_disk.hpp"

namespace annulus::crash {
namespace {

TEST(kill, of_a_writer_loses_nothing) {
  const real_directory here;
  kills(here.path(), here.path(), {20, 20000, 900, 0}).run();
}

TEST(long_kill, of_a_writer_a_thousand_times_loses_nothing) {
  const real_directory here;
  kills(here.path(), here.path(), {1000, 50000, 900, 0}).run();
}

// 1 GiB that nobody has acknowledged, in chunks of the default size.
TEST(long_kill, of_a_full_log_loses_nothing) {
  const real_directory here;
  kills(here.path(), here.path(), {1000, chunklog::default_chunk_bytes, 32768, 65536}).run();
}

}  // namespace
}  // namespace annulus::crash
