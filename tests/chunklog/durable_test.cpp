// Who waits for the disk, and how often it is asked.
#include <annulus/chunklog/shared_writer.hpp>
#include <annulus/core/detached_task.hpp>
#include <latch>
#include <thread>

#include "format.hpp"
#include "support.hpp"
#include "watchdog.hpp"

namespace annulus::chunklog::test {
namespace {

using namespace std::chrono_literals;

TEST(durable, a_record_is_on_the_disk_when_the_wait_ends) {
  const scratch dir;
  auto log = must_open(dir.log());
  const watchdog guard(*log);
  const auto id = must_append(*log, "kept");
  EXPECT_EQ(log->writer().durable_id(), 0U);
  ASSERT_TRUE(log->writer().durable(id).ok());
  EXPECT_EQ(log->writer().durable_id(), id);
  // The mark follows the sync, without one of its own.
  ASSERT_TRUE(log->writer().flush().ok());
  const auto stats = log->stats();
  EXPECT_EQ(stats.syncs, 1U);
  EXPECT_EQ(stats.marks, 1U);
  EXPECT_EQ(stats.checkpoints, 0U);
  EXPECT_EQ(independent::parse_slot(slurp(dir.log() / "ledger.state")).next_id, 2U);
  // Nothing new: the disk is not asked again.
  ASSERT_TRUE(log->writer().durable(id).ok());
  EXPECT_EQ(log->stats().syncs, 1U);
}

TEST(durable, refuses_what_was_not_appended) {
  const scratch dir;
  auto log = must_open(dir.log());
  EXPECT_EQ(log->writer().durable(1).error, errc::no_such_record);
  EXPECT_EQ(log->writer().try_durable(1).error, errc::no_such_record);
  EXPECT_TRUE(log->writer().durable(0).ok());
}

TEST(durable, one_sync_serves_many) {
  const scratch dir;
  auto log = must_open(dir.log());
  const watchdog guard(*log);
  constexpr std::uint64_t callers = 16;
  for (std::uint64_t i = 0; i < callers; ++i) must_append(*log, payload(i, 50));
  std::latch ready(callers);
  {
    std::vector<std::jthread> threads;
    for (std::uint64_t id = 1; id <= callers; ++id) {
      threads.emplace_back([&, id] {
        ready.arrive_and_wait();
        EXPECT_TRUE(log->writer().durable(id).ok());
      });
    }
  }
  // All were appended before the first wait, so the first sync covers them.
  EXPECT_EQ(log->stats().syncs, 1U);
}

TEST(durable, can_be_awaited) {
  const scratch dir;
  auto log = must_open(dir.log());
  const watchdog guard(*log);
  std::latch done(3);
  for (int i = 0; i < 3; ++i) {
    const auto id = must_append(*log, "x");
    [](chunk_log& in, std::uint64_t which, std::latch& over) -> detached_task {
      const auto result = co_await async_durable(in.writer(), which);
      EXPECT_TRUE(result.ok()) << result.message;
      EXPECT_GE(in.writer().durable_id(), which);
      over.count_down();
    }(*log, id, done);
  }
  done.wait();
}

// What a confirmation sets going may append, and await the next one, where it is: on the log's own
// thread.
TEST(durable, is_awaited_by_many_who_append_as_soon_as_they_go_on) {
  constexpr int producers = 64;
  constexpr int rounds = 20;
  const scratch dir;
  auto log = must_open(dir.log());
  const watchdog guard(*log);
  shared_writer front(log->writer());
  std::latch done(producers);
  for (int i = 0; i < producers; ++i) {
    [](shared_writer& to, std::latch& over) -> detached_task {
      for (int round = 0; round < rounds; ++round) {
        const auto appended = to.append(view_of("x"), until::clock::now());
        EXPECT_TRUE(appended.ok()) << appended.message;
        const auto result = co_await async_durable(to.writer(), appended.id);
        EXPECT_TRUE(result.ok()) << result.message;
        EXPECT_GE(to.durable_id(), appended.id);
      }
      over.count_down();
    }(front, done);
  }
  done.wait();
  EXPECT_EQ(front.durable_id(), producers * rounds);
}

// Marks overwrite each other: the slot that the disk is known to have is not touched.
TEST(durable, marks_leave_the_synced_slot_alone) {
  const scratch dir;
  auto log = must_open(dir.log());
  must_append(*log, "first");
  ASSERT_TRUE(log->writer().sync().ok());
  const auto synced = independent::parse_slot(slurp(dir.log() / "ledger.state"));
  const auto place = synced.sequence % 2 == 0 ? 512U : 1024U;
  const auto slot = slurp(dir.log() / "ledger.state").substr(place, 64);
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(log->writer().durable(must_append(*log, "next")).ok());
    ASSERT_TRUE(log->writer().flush().ok());
    const auto ledger = slurp(dir.log() / "ledger.state");
    EXPECT_EQ(ledger.substr(place, 64), slot);
    EXPECT_EQ(independent::parse_slot(ledger).next_id, static_cast<std::uint64_t>(i) + 3);
  }
  ASSERT_TRUE(log->writer().sync().ok());
  ASSERT_TRUE(log->writer().durable(must_append(*log, "behind the checkpoint")).ok());
  ASSERT_TRUE(log->writer().flush().ok());
  EXPECT_NE(slurp(dir.log() / "ledger.state").substr(place, 64), slot);
  snapshot(dir.log(), dir / "crashed");
  EXPECT_EQ(reread(dir / "crashed").size(), 7U);
}

TEST(durability, none_never_asks_the_disk) {
  const scratch dir;
  auto how = limited(1000, 100);
  how.durability.when = durability::mode::none;
  auto log = must_open(dir.log(), how);
  for (std::uint64_t i = 0; i < 100; ++i) must_append(*log, payload(i, 40));
  ASSERT_TRUE(log->writer().durable(100).ok());
  ASSERT_TRUE(log->writer().sync().ok());
  EXPECT_EQ(log->stats().syncs, 0U);
  EXPECT_GT(log->stats().rolls, 0U);
}

TEST(durability, an_interval_of_bytes_checkpoints_unasked) {
  const scratch dir;
  options how;
  how.durability = {durability::mode::interval, 10'000, std::chrono::hours(1)};
  auto log = must_open(dir.log(), how);
  const watchdog guard(*log);
  for (std::uint64_t i = 0; i < 100; ++i) must_append(*log, payload(i, 200));
  // Only the interval brings it: this waits for it with the next record.
  while (log->writer().durable_id() == 0) {
    must_append(*log, payload(1, 200));
    std::this_thread::yield();
  }
  while (log->stats().checkpoints == 0) std::this_thread::yield();
}

TEST(durability, an_interval_of_time_checkpoints_unasked) {
  const scratch dir;
  options how;
  how.durability = {durability::mode::interval, std::uint64_t{1} << 40U, 5ms};
  auto log = must_open(dir.log(), how);
  const watchdog guard(*log);
  must_append(*log, "one");
  while (log->writer().durable_id() == 0) std::this_thread::yield();
  while (log->stats().checkpoints == 0) std::this_thread::yield();
}

}  // namespace
}  // namespace annulus::chunklog::test
