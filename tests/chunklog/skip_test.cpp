// Damage that the reader goes on behind: told of once, counted, and no hindrance to deletion.
#include "format.hpp"
#include "support.hpp"
#include "watchdog.hpp"

namespace annulus::chunklog::test {
namespace {

options skipping() {
  auto how = limited(400, 1);
  how.damage = on_damage::skip;
  return how;
}

// Three chunks of five records of 80 bytes each.
void make(const std::filesystem::path& path) {
  auto log = must_open(path, skipping());
  for (std::uint64_t i = 1; i <= 15; ++i) must_append(*log, payload(i, 64));
}

struct found {
  records delivered{};
  std::vector<std::error_code> errors{};
};
found read_all(chunk_log& log) {
  found all;
  EXPECT_TRUE(log.writer().close().ok());
  for (;;) {
    const auto record = log.reader().next();
    if (record.ok()) {
      all.delivered.emplace_back(record.id, text_of(record.payload));
    } else if (record.error == errc::end_of_stream) {
      return all;
    } else {
      all.errors.push_back(record.error);
    }
  }
}

TEST(skip, any_byte_of_an_older_chunk) {
  const scratch dir;
  make(dir / "pristine");
  for (std::size_t at = 0; at < 400; at += 7) {
    SCOPED_TRACE(at);
    snapshot(dir / "pristine", dir.log());
    flip(dir.log() / "0000.chunk", at);
    auto log = must_open(dir.log(), skipping());
    const watchdog guard(*log);
    const auto all = read_all(*log);
    const auto lost = at / 80 + 1;
    ASSERT_EQ(all.errors, std::vector{make_error_code(errc::corrupt_record)});
    ASSERT_EQ(all.delivered.size(), 14U);
    for (const auto& [id, text] : all.delivered) {
      EXPECT_NE(id, lost);
      EXPECT_EQ(text, payload(id, 64));
    }
    EXPECT_EQ(log->stats().damages, 1U);
    EXPECT_EQ(log->stats().skipped_records, 1U);
  }
}

TEST(skip, a_whole_chunk_of_garbage) {
  const scratch dir;
  make(dir.log());
  spill(dir.log() / "0001.chunk", payload(99, 400));
  auto log = must_open(dir.log(), skipping());
  const watchdog guard(*log);
  const auto all = read_all(*log);
  EXPECT_EQ(all.errors, std::vector{make_error_code(errc::corrupt_record)});
  ASSERT_EQ(all.delivered.size(), 10U);
  EXPECT_EQ(all.delivered[5].first, 11U);
  EXPECT_EQ(log->stats().skipped_records, 5U);
}

// In the origin, corrupt records were never credited, so that the log stayed full for ever.
TEST(skip, what_was_lost_counts_as_acknowledged) {
  const scratch dir;
  make(dir.log());
  flip(dir.log() / "0000.chunk", 330);
  spill(dir.log() / "0001.chunk", payload(99, 400));
  auto log = must_open(dir.log(), skipping());
  const auto all = read_all(*log);
  ASSERT_EQ(all.errors.size(), 1U);  // from the last record of one chunk to the end of the next
  EXPECT_EQ(log->stats().skipped_records, 6U);
  for (const auto& [id, text] : all.delivered) ASSERT_TRUE(log->reader().acknowledge(id).ok());
  EXPECT_EQ(log->reader().acknowledged(), 15U);
  ASSERT_TRUE(log->reader().sync().ok());
  EXPECT_EQ(log->stats().deleted_chunks, 2U);
  log.reset();
  EXPECT_EQ(reread(dir.log()), records{});
}

}  // namespace
}  // namespace annulus::chunklog::test
