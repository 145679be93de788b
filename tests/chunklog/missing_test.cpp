// Records that have vanished from the end of an older chunk, in front of a last chunk without any:
// there is no ID to meet, only the ledger's.
#include <annulus/chunklog/tail.hpp>

#include "support.hpp"
#include "watchdog.hpp"

namespace annulus::chunklog::test {
namespace {

options of_five_records(on_damage damage) {
  auto how = limited(400, 1);
  how.damage = damage;
  return how;
}

// Records 1 to 10 of 80 bytes in two chunks, and a third chunk that has lost its unsynced record.
void make_with_an_empty_end(const std::filesystem::path& path) {
  const auto live = path.string() + "-live";
  auto log = must_open(live, of_five_records(on_damage::stop));
  for (std::uint64_t id = 1; id <= 11; ++id) must_append(*log, payload(id, 64));
  EXPECT_TRUE(log->writer().flush().ok());
  snapshot(live, path);
  std::filesystem::resize_file(path / "0002.chunk", 0);
}

void expect_next_record(chunk_log& log, std::uint64_t id) {
  const auto record = log.reader().next();
  ASSERT_TRUE(record.ok()) << record.message;
  EXPECT_EQ(record.id, id);
  EXPECT_EQ(text_of(record.payload), payload(id, 64));
}

TEST(missing, what_a_crash_leaves_has_none) {
  const scratch dir;
  make_with_an_empty_end(dir.log());
  auto log = must_open(dir.log(), of_five_records(on_damage::stop));
  const watchdog guard(*log);
  for (std::uint64_t id = 1; id <= 10; ++id) expect_next_record(*log, id);
  EXPECT_EQ(log->reader().try_next().error, errc::would_block);
  EXPECT_TRUE(log->close().ok());
  EXPECT_EQ(log->reader().next().error, errc::end_of_stream);
}

TEST(missing, stops_a_reader_that_would_wait_for_ever) {
  const scratch dir;
  make_with_an_empty_end(dir.log());
  std::filesystem::resize_file(dir.log() / "0001.chunk", 240);
  EXPECT_FALSE(log_view::open(dir.log()).view->faults().empty());
  auto log = must_open(dir.log(), of_five_records(on_damage::stop));
  const watchdog guard(*log);
  for (std::uint64_t id = 1; id <= 8; ++id) expect_next_record(*log, id);
  EXPECT_EQ(log->reader().try_next().error, errc::missing_data);
  for (const bool closed : {false, true}) {
    if (closed) {
      EXPECT_TRUE(log->close().ok());
    }
    const auto record = log->reader().next();
    EXPECT_EQ(record.error, errc::missing_data);
    EXPECT_NE(record.message.find("records 9 to 10"), std::string::npos) << record.message;
  }
}

TEST(missing, is_passed_by_and_counted_by_policy) {
  const scratch dir;
  make_with_an_empty_end(dir.log());
  std::filesystem::resize_file(dir.log() / "0001.chunk", 240);
  auto log = must_open(dir.log(), of_five_records(on_damage::skip));
  const watchdog guard(*log);
  for (std::uint64_t id = 1; id <= 8; ++id) expect_next_record(*log, id);
  EXPECT_EQ(log->reader().next().error, errc::missing_data);
  EXPECT_EQ(log->reader().try_next().error, errc::would_block);
  EXPECT_EQ(must_append(*log, payload(11, 64)), 11U);
  expect_next_record(*log, 11);
  EXPECT_EQ(log->stats().damages, 1U);
  EXPECT_EQ(log->stats().skipped_records, 2U);
  EXPECT_TRUE(log->reader().acknowledge(1, 8).ok());
  EXPECT_TRUE(log->reader().acknowledge(11, 11).ok());
  EXPECT_EQ(log->reader().acknowledged(), 11U);
  EXPECT_TRUE(log->close().ok());
  EXPECT_EQ(log->stats().deleted_chunks, 2U);
  log.reset();
  EXPECT_EQ(reread(dir.log()), records{});
}

TEST(missing, of_all_chunks) {
  const scratch dir;
  make_with_an_empty_end(dir.log());
  for (const auto* const name : {"0000.chunk", "0001.chunk"}) {
    std::filesystem::resize_file(dir.log() / name, 0);
  }
  auto log = must_open(dir.log(), of_five_records(on_damage::stop));
  const watchdog guard(*log);
  const auto record = log->reader().next();
  EXPECT_EQ(record.error, errc::missing_data);
  EXPECT_NE(record.message.find("records 1 to 10"), std::string::npos) << record.message;
}

// Whichever records the older chunks have lost, and whichever are acknowledged: the reader is told
// before he waits, if he needs one of them.
TEST(missing, is_told_wherever_it_is_lost) {
  const scratch dir;
  make_with_an_empty_end(dir.log());
  const auto files = contents(dir.log());
  for (const auto* const name : {"0000.chunk", "0001.chunk"}) {
    const std::uint64_t before = name == std::string("0000.chunk") ? 0 : 5;
    for (const std::uint64_t left : {0U, 1U, 4U}) {
      for (const std::uint64_t acknowledged : {0U, 2U, 5U, 7U, 9U}) {
        SCOPED_TRACE(name + std::string(" with ") + std::to_string(left) + ", acknowledged " +
                     std::to_string(acknowledged));
        for (const auto& [file, bytes] : files) spill(dir.log() / file, bytes);
        {
          auto log = must_open(dir.log(), of_five_records(on_damage::stop));
          for (std::uint64_t id = 1; id <= acknowledged; ++id) expect_next_record(*log, id);
          if (acknowledged > 0) {
            EXPECT_TRUE(log->reader().acknowledge(1, acknowledged).ok());
          }
        }
        if (!std::filesystem::exists(dir.log() / name)) continue;
        std::filesystem::resize_file(dir.log() / name, left * 80);
        auto log = must_open(dir.log(), of_five_records(on_damage::stop));
        auto got = log->reader().try_next();
        while (got.ok()) got = log->reader().try_next();
        if (before + 5 <= acknowledged) continue;
        EXPECT_TRUE(got.error == errc::missing_data || got.error == errc::corrupt_record)
            << got.message;
      }
    }
  }
}

TEST(missing, is_told_by_a_tail_once) {
  const scratch dir;
  make_with_an_empty_end(dir.log());
  std::filesystem::resize_file(dir.log() / "0001.chunk", 240);
  tail_options from_the_first;
  from_the_first.from = 1;
  auto opened = log_tail::open(dir.log(), from_the_first);
  ASSERT_TRUE(opened.ok()) << opened.message;
  auto& tail = *opened.tail;
  for (std::uint64_t id = 1; id <= 8; ++id) EXPECT_EQ(tail.next().id, id);
  const auto lost = tail.next();
  EXPECT_EQ(lost.error, errc::missing_data);
  EXPECT_NE(lost.message.find("records 9 to 10"), std::string::npos) << lost.message;
  EXPECT_TRUE(tail.next().ok());
  auto log = must_open(dir.log(), of_five_records(on_damage::stop));
  must_append(*log, payload(11, 64));
  EXPECT_TRUE(log->writer().flush().ok());
  EXPECT_EQ(tail.next().id, 11U);
}

}  // namespace
}  // namespace annulus::chunklog::test
