// The size cap: who waits, who is refused, what is lost.
#include <thread>

#include "support.hpp"
#include "watchdog.hpp"

namespace annulus::chunklog::test {
namespace {

using namespace std::chrono_literals;

// Records of 100 bytes, ten a chunk, three chunks.
options capped(when_full policy) {
  auto how = limited(1000, 1);
  how.max_bytes = 3000;
  how.full = policy;
  return how;
}
const std::string hundred = payload(1, 84);

std::uint64_t fill_with(chunk_log& log, std::uint64_t count) {
  std::uint64_t id = 0;
  for (std::uint64_t i = 0; i < count; ++i) id = must_append(log, hundred);
  return id;
}

TEST(size_cap, must_leave_room_for_two_chunks) {
  const scratch dir;
  auto how = capped(when_full::block);
  how.max_bytes = 1999;
  const auto refused = chunk_log::open(dir.log(), how);
  EXPECT_EQ(refused.error, errc::bad_size_cap);
  EXPECT_NE(refused.message.find("1999"), std::string::npos) << refused.message;
  how.max_bytes = 2000;
  EXPECT_TRUE(chunk_log::open(dir.log(), how).ok());
}

TEST(size_cap, rejects_and_takes_records_again_after_acknowledgements) {
  const scratch dir;
  auto log = must_open(dir.log(), capped(when_full::reject));
  const watchdog guard(*log);
  fill_with(*log, 30);
  const auto refused = log->writer().append(view_of(hundred));
  EXPECT_EQ(refused.error, errc::log_full) << refused.message;
  EXPECT_NE(refused.message.find("3000"), std::string::npos) << refused.message;
  EXPECT_EQ(log->stats().rejected, 1U);
  EXPECT_EQ(log->stats().used_bytes, 3000U);
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(log->reader().next().ok());
  // Half a chunk frees nothing.
  ASSERT_TRUE(log->reader().acknowledge(1, 5).ok());
  ASSERT_TRUE(log->reader().sync().ok());
  EXPECT_EQ(log->writer().append(view_of(hundred)).error, errc::log_full);
  ASSERT_TRUE(log->reader().acknowledge(6, 10).ok());
  ASSERT_TRUE(log->reader().sync().ok());
  EXPECT_EQ(log->stats().used_bytes, 2000U);
  EXPECT_EQ(must_append(*log, hundred), 31U);
}

TEST(size_cap, counts_what_was_there_at_open) {
  const scratch dir;
  {
    auto log = must_open(dir.log(), capped(when_full::reject));
    fill_with(*log, 29);
  }
  auto log = must_open(dir.log(), capped(when_full::reject));
  EXPECT_EQ(log->stats().used_bytes, 2900U);
  fill_with(*log, 1);
  EXPECT_EQ(log->writer().append(view_of(hundred)).error, errc::log_full);
}

TEST(size_cap, blocks_until_the_deadline_or_a_stop) {
  const scratch dir;
  auto log = must_open(dir.log(), capped(when_full::block));
  const watchdog guard(*log);
  fill_with(*log, 30);
  EXPECT_EQ(log->writer().append(view_of(hundred), 1ms).error, errc::timed_out);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(log->writer().append(view_of(hundred), stop.get_token()).error, errc::cancelled);
  EXPECT_EQ(log->stats().appended_records, 30U);
}

// No sync by hand: an acknowledgement that completes a chunk has it deleted.
TEST(size_cap, a_blocked_append_goes_on_when_a_chunk_is_acknowledged) {
  const scratch dir;
  auto log = must_open(dir.log(), capped(when_full::block));
  const watchdog guard(*log);
  constexpr std::uint64_t count = 500;
  std::thread reader([&] {
    for (std::uint64_t id = 1; id <= count; ++id) {
      const auto record = log->reader().next();
      ASSERT_EQ(record.id, id) << record.message;
      ASSERT_TRUE(log->reader().acknowledge(id).ok());
    }
  });
  for (std::uint64_t id = 1; id <= count; ++id) {
    ASSERT_EQ(must_append(*log, hundred), id);
    ASSERT_LE(log->stats().used_bytes, 3000U);
  }
  reader.join();
  EXPECT_GE(log->stats().deleted_chunks, 47U);
}

TEST(size_cap, drops_the_oldest_chunk_and_says_once_what_was_lost) {
  const scratch dir;
  auto log = must_open(dir.log(), capped(when_full::drop_oldest));
  const watchdog guard(*log);
  fill_with(*log, 5);
  for (std::uint64_t id = 1; id <= 5; ++id) EXPECT_EQ(log->reader().next().id, id);
  ASSERT_TRUE(log->reader().acknowledge(2, 3).ok());
  EXPECT_EQ(fill_with(*log, 60), 65U);
  ASSERT_TRUE(log->writer().sync().ok());
  const auto first = log->stats().deleted_chunks * 10 + 1;
  EXPECT_GE(first, 31U);
  // Records 2 and 3 were done with.
  EXPECT_EQ(log->stats().dropped_records, first - 1 - 2);
  // What the reader's chunk still holds is delivered, then the gap is told of, once.
  std::uint64_t expected = 6;
  auto record = log->reader().next();
  for (; record.ok(); record = log->reader().next()) EXPECT_EQ(record.id, expected++);
  EXPECT_EQ(record.error, errc::dropped_records) << record.message;
  EXPECT_NE(record.message.find(std::to_string(first - 1)), std::string::npos) << record.message;
  for (auto id = first; id <= 65; ++id) EXPECT_EQ(log->reader().next().id, id);
  ASSERT_TRUE(log->close().ok());
  log.reset();
  // It is the ledger that says so: a new open agrees.
  const auto rest = reread(dir.log(), capped(when_full::drop_oldest));
  ASSERT_FALSE(rest.empty());
  EXPECT_EQ(rest.front().first, first);
}

TEST(size_cap, drops_while_a_reader_reads) {
  const scratch dir;
  auto log = must_open(dir.log(), capped(when_full::drop_oldest));
  const watchdog guard(*log);
  constexpr std::uint64_t count = 2000;
  std::uint64_t delivered = 0, told = 0;
  std::thread reader([&] {
    std::uint64_t last = 0;
    for (;;) {
      const auto record = log->reader().next();
      if (record.error == errc::dropped_records) {
        ++told;
        continue;
      }
      if (!record.ok()) {
        EXPECT_EQ(record.error, errc::end_of_stream) << record.message;
        break;
      }
      EXPECT_GT(record.id, last);
      EXPECT_EQ(text_of(record.payload), hundred);
      last = record.id;
      ++delivered;
    }
    EXPECT_EQ(last, count);
  });
  EXPECT_EQ(fill_with(*log, count), count);
  ASSERT_TRUE(log->writer().close().ok());
  reader.join();
  EXPECT_LE(delivered, count);
  EXPECT_EQ(delivered<count, told> 0);
}

}  // namespace
}  // namespace annulus::chunklog::test
