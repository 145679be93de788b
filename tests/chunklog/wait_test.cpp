// A reader that runs dry waits, and is woken.
#include <atomic>
#include <thread>

#include "support.hpp"

namespace annulus::chunklog::test {
namespace {

using namespace std::chrono_literals;

TEST(wait, records_in_the_ring_are_delivered_without_a_flush) {
  const scratch dir;
  auto log = must_open(dir.log());
  must_append(*log, "in the ring only");
  const auto record = log->reader().next();
  ASSERT_TRUE(record.ok()) << record.message;
  EXPECT_EQ(text_of(record.payload), "in the ring only");
}

// Each round trip needs the reader woken by the append before it, or for ever stuck.
void ping_pong(std::size_t batch_bytes) {
  const scratch dir;
  auto there = must_open(dir / "there", limited(1000, batch_bytes));
  auto back = must_open(dir / "back", limited(1000, batch_bytes));
  constexpr std::uint64_t rounds = 500;
  std::thread echo([&] {
    for (std::uint64_t i = 1; i <= rounds; ++i) {
      const auto record = there->reader().next();
      EXPECT_EQ(record.id, i) << record.message;
      EXPECT_EQ(back->writer().append(record.payload).id, i);
    }
  });
  for (std::uint64_t i = 1; i <= rounds; ++i) {
    const auto text = payload(i, i % 100);
    EXPECT_EQ(must_append(*there, text), i);
    const auto record = back->reader().next();
    EXPECT_EQ(text_of(record.payload), text) << record.message;
  }
  echo.join();
}

TEST(wait, an_append_that_could_wait_for_more_wakes) {
  ping_pong(1 << 16);
}
TEST(wait, an_append_that_fills_a_write_wakes) {
  ping_pong(0);
}

TEST(wait, close_wakes) {
  const scratch dir;
  auto log = must_open(dir.log());
  must_append(*log, "one");
  std::atomic<bool> reading{false};
  std::thread reader([&] {
    EXPECT_TRUE(log->reader().next().ok());
    // Release, with the acquire below: only shortens the wait until both sides race.
    reading.store(true, std::memory_order_release);
    EXPECT_EQ(log->reader().next().error, errc::end_of_stream);
  });
  while (!reading.load(std::memory_order_acquire)) std::this_thread::yield();
  EXPECT_TRUE(log->writer().close().ok());
  reader.join();
}

TEST(wait, flush_and_sync_race_with_a_dry_reader) {
  const scratch dir;
  auto log = must_open(dir.log(), limited(4000, 512));
  constexpr std::uint64_t count = 3000;
  std::thread reader([&] {
    for (std::uint64_t i = 1; i <= count; ++i) {
      const auto record = log->reader().next();
      ASSERT_TRUE(record.ok()) << record.message;
      ASSERT_EQ(record.id, i);
      ASSERT_EQ(text_of(record.payload), payload(i, i % 300));
      ASSERT_TRUE(log->reader().acknowledge(i).ok());
      if (i % 500 == 0) {
        ASSERT_TRUE(log->reader().sync().ok());
      }
    }
    EXPECT_EQ(log->reader().next().error, errc::end_of_stream);
  });
  for (std::uint64_t i = 1; i <= count; ++i) {
    must_append(*log, payload(i, i % 300));
    if (i % 7 == 0) {
      EXPECT_TRUE(log->writer().flush().ok());
    }
    if (i % 301 == 0) {
      EXPECT_TRUE(log->writer().sync().ok());
    }
  }
  EXPECT_TRUE(log->writer().close().ok());
  reader.join();
  EXPECT_TRUE(log->close().ok());
  EXPECT_EQ(log->reader().acknowledged(), count);
  log.reset();
  EXPECT_EQ(reread(dir.log()), records{});
}

// Also of records that come while the I/O thread goes to sleep.
TEST(flush, covers_everything_appended_before) {
  const scratch dir;
  auto log = must_open(dir.log(), limited(1 << 24, 4096));
  for (std::uint64_t i = 1; i <= 1000; ++i) {
    for (std::uint64_t n = 0; n <= i % 200; ++n) must_append(*log, payload(i, 100));
    ASSERT_TRUE(log->writer().flush().ok());
    ASSERT_EQ(log->stats().written_bytes, log->stats().appended_bytes);
  }
}

TEST(wait, ends_at_the_deadline) {
  const scratch dir;
  auto log = must_open(dir.log());
  EXPECT_EQ(log->reader().next(1ms).error, errc::timed_out);
  must_append(*log, "late");
  EXPECT_EQ(text_of(log->reader().next(10min).payload), "late");
}

TEST(wait, ends_when_cancelled) {
  const scratch dir;
  auto log = must_open(dir.log());
  std::stop_source stop;
  std::thread reader(
      [&] { EXPECT_EQ(log->reader().next(stop.get_token()).error, errc::cancelled); });
  stop.request_stop();
  reader.join();
  must_append(*log, "still good");
  EXPECT_EQ(text_of(log->reader().next().payload), "still good");
}

TEST(wait, the_reader_follows_rolls) {
  const scratch dir;
  auto log = must_open(dir.log(), limited(64, 0));
  for (std::uint64_t i = 1; i <= 20; ++i) {
    must_append(*log, payload(i, 40));
    const auto record = log->reader().next();
    EXPECT_EQ(record.id, i) << record.message;
    EXPECT_EQ(text_of(record.payload), payload(i, 40));
  }
}

}  // namespace
}  // namespace annulus::chunklog::test
