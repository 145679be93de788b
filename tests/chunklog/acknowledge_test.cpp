// What is acknowledged durably never comes back; everything else does.
#include <algorithm>
#include <numeric>

#include "support.hpp"

namespace annulus::chunklog::test {
namespace {

const options small_chunks = limited(200, 64);

std::vector<std::uint64_t> ids(const records& all) {
  std::vector<std::uint64_t> found;
  for (const auto& record : all) found.push_back(record.first);
  return found;
}

std::vector<std::uint64_t> from_to(std::uint64_t first, std::uint64_t last) {
  std::vector<std::uint64_t> found(static_cast<std::size_t>(last - first + 1));
  std::iota(found.begin(), found.end(), first);
  return found;
}

void fill(chunk_log& log, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) must_append(log, payload(i, 40));
  EXPECT_TRUE(log.writer().flush().ok());
}

void take(chunk_log& log, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) ASSERT_TRUE(log.reader().next().ok());
}

std::size_t chunks_in(const std::filesystem::path& path) {
  std::size_t count = 0;
  for (const auto& [name, bytes] : contents(path)) count += name.ends_with(".chunk") ? 1 : 0;
  return count;
}

TEST(acknowledge, unacknowledged_records_come_again) {
  const scratch dir;
  {
    auto log = must_open(dir.log(), small_chunks);
    fill(*log, 20);
    take(*log, 20);
  }
  EXPECT_EQ(ids(reread(dir.log(), small_chunks)), from_to(1, 20));
}

TEST(acknowledge, acknowledged_records_do_not_whatever_the_chunk_border) {
  for (std::uint64_t upto = 1; upto <= 20; ++upto) {
    const scratch dir;
    {
      auto log = must_open(dir.log(), small_chunks);
      fill(*log, 20);
      take(*log, 20);
      for (std::uint64_t id = 1; id <= upto; ++id) ASSERT_TRUE(log->reader().acknowledge(id).ok());
      EXPECT_EQ(log->reader().acknowledged(), upto);
      ASSERT_TRUE(log->close().ok());
    }
    const auto rest = reread(dir.log(), small_chunks);
    EXPECT_EQ(rest.size(), 20 - upto);
    if (!rest.empty()) {
      EXPECT_EQ(ids(rest), from_to(upto + 1, 20));
    }
    auto log = must_open(dir.log(), small_chunks);
    EXPECT_EQ(must_append(*log, "next"), 21U);
  }
}

TEST(acknowledge, in_any_order_counts_up_to_the_first_gap) {
  // No chunk is completed, so nothing but the syncs makes an acknowledgement durable.
  const auto one_chunk = limited(4096, 64);
  const scratch dir;
  {
    auto log = must_open(dir.log(), one_chunk);
    fill(*log, 10);
    take(*log, 9);
    for (const std::uint64_t id : {9U, 2U, 4U, 7U, 6U, 4U, 1U}) {
      ASSERT_TRUE(log->reader().acknowledge(id).ok());
    }
    EXPECT_EQ(log->reader().acknowledged(), 2U);
    ASSERT_TRUE(log->reader().acknowledge(3).ok());
    EXPECT_EQ(log->reader().acknowledged(), 4U);
    ASSERT_TRUE(log->reader().sync().ok());
    ASSERT_TRUE(log->reader().acknowledge(8).ok());
    ASSERT_TRUE(log->reader().acknowledge(5).ok());
    EXPECT_EQ(log->reader().acknowledged(), 9U);
    // A crash now: what was synced is acknowledged, what came later is not.
    snapshot(dir.log(), dir / "crashed");
  }
  EXPECT_EQ(ids(reread(dir / "crashed", one_chunk)), from_to(5, 10));
  EXPECT_EQ(ids(reread(dir.log(), one_chunk)), from_to(10, 10));
}

TEST(acknowledge, every_order_of_five) {
  const scratch dir;
  auto log = must_open(dir.log(), small_chunks);
  std::vector<std::uint64_t> order = from_to(1, 5);
  std::uint64_t base = 0;
  do {
    fill(*log, 5);
    take(*log, 5);
    std::vector<bool> done(7, false);
    for (const auto id : order) {
      ASSERT_TRUE(log->reader().acknowledge(base + id).ok());
      done[id] = true;
      std::uint64_t whole = 0;
      while (done[whole + 1]) ++whole;
      ASSERT_EQ(log->reader().acknowledged(), base + whole);
    }
    base += 5;
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(acknowledge, refuses_what_was_not_delivered) {
  const scratch dir;
  auto log = must_open(dir.log());
  fill(*log, 2);
  take(*log, 1);
  EXPECT_TRUE(log->reader().acknowledge(1).ok());
  EXPECT_TRUE(log->reader().acknowledge(1).ok());
  EXPECT_EQ(log->reader().acknowledge(2).error, errc::not_delivered);
  EXPECT_EQ(log->reader().acknowledge(0).error, errc::not_delivered);
}

TEST(acknowledge, chunks_are_deleted_only_when_all_of_them_is_acknowledged) {
  const scratch dir;
  auto log = must_open(dir.log(), small_chunks);
  fill(*log, 30);
  const auto all = chunks_in(dir.log());
  EXPECT_EQ(all, 10U);
  take(*log, 30);
  ASSERT_TRUE(log->reader().acknowledge(1).ok());
  ASSERT_TRUE(log->reader().acknowledge(3, 29).ok());
  ASSERT_TRUE(log->writer().sync().ok());
  EXPECT_EQ(chunks_in(dir.log()), all);
  ASSERT_TRUE(log->reader().acknowledge(2).ok());
  ASSERT_TRUE(log->writer().sync().ok());
  EXPECT_EQ(chunks_in(dir.log()), 1U);
  EXPECT_TRUE(std::filesystem::exists(dir.log() / "0009.chunk"));
  log.reset();
  EXPECT_EQ(ids(reread(dir.log(), small_chunks)), from_to(30, 30));
}

TEST(acknowledge, a_gap_keeps_its_chunk_and_all_later_ones) {
  const scratch dir;
  auto log = must_open(dir.log(), small_chunks);
  fill(*log, 30);
  take(*log, 30);
  for (std::uint64_t id = 1; id <= 30; ++id) {
    if (id != 14) {
      ASSERT_TRUE(log->reader().acknowledge(id).ok());
    }
  }
  ASSERT_TRUE(log->writer().sync().ok());
  EXPECT_EQ(chunks_in(dir.log()), 6U);
  EXPECT_TRUE(std::filesystem::exists(dir.log() / "0004.chunk"));
}

TEST(acknowledge, a_roll_makes_it_durable) {
  const scratch dir;
  auto log = must_open(dir.log(), small_chunks);
  fill(*log, 3);
  take(*log, 2);
  ASSERT_TRUE(log->reader().acknowledge(1).ok());
  ASSERT_TRUE(log->reader().acknowledge(2).ok());
  fill(*log, 1);
  snapshot(dir.log(), dir / "crashed");
  EXPECT_EQ(ids(reread(dir / "crashed", small_chunks)), from_to(3, 4));
}

// The crash came between the ledger and the deletion.
TEST(acknowledge, stale_chunks_are_deleted_at_open) {
  const scratch dir;
  auto log = must_open(dir.log(), small_chunks);
  fill(*log, 9);
  ASSERT_TRUE(log->writer().sync().ok());
  snapshot(dir.log(), dir / "crashed");
  take(*log, 9);
  for (std::uint64_t id = 1; id <= 7; ++id) ASSERT_TRUE(log->reader().acknowledge(id).ok());
  ASSERT_TRUE(log->writer().sync().ok());
  std::filesystem::copy(dir.log() / "ledger.state", dir / "crashed" / "ledger.state",
                        std::filesystem::copy_options::overwrite_existing);
  EXPECT_EQ(chunks_in(dir / "crashed"), 3U);
  {
    const auto view = log_view::open(dir / "crashed");
    ASSERT_TRUE(view.ok()) << view.message;
    EXPECT_TRUE(view.view->faults().empty());
    EXPECT_EQ(view.view->size(), 3U);
  }
  const auto opened = chunk_log::open(dir / "crashed", small_chunks);
  ASSERT_TRUE(opened.ok()) << opened.message;
  EXPECT_EQ(opened.found.stale_chunks, 2U);
  EXPECT_EQ(opened.found.acknowledged, 7U);
  EXPECT_EQ(chunks_in(dir / "crashed"), 1U);
  EXPECT_TRUE(opened.log->writer().close().ok());
  EXPECT_EQ(ids(drain(*opened.log)), from_to(8, 9));
}

}  // namespace
}  // namespace annulus::chunklog::test
