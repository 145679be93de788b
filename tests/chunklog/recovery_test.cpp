// Opening after a crash, and after damage.
#include <sys/wait.h>

#include "format.hpp"
#include "support.hpp"

namespace annulus::chunklog::test {
namespace {

struct crashed {
  records all{};
  std::size_t synced = 0;
};

/// A log of three chunks whose process died: the last `unsynced` records were written, never
/// synced.
crashed make_crashed(const scratch& dir, std::size_t unsynced) {
  crashed made;
  auto log = must_open(dir / "live", limited(400, 0));
  const auto add = [&](std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const auto n = made.all.size();
      const auto text = payload(n, 3 + n * 5 % 37);
      made.all.emplace_back(must_append(*log, text), text);
    }
  };
  add(25);
  EXPECT_TRUE(log->writer().sync().ok());
  made.synced = made.all.size();
  add(unsynced);
  EXPECT_TRUE(log->writer().flush().ok());
  snapshot(dir / "live", dir.log());
  return made;
}

records prefix(const records& all, std::size_t count) {
  return {all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count)};
}

/// Opens twice: the first gives exactly the first `count` records, the second changes nothing.
void expect_prefix(const std::filesystem::path& path, const records& all, std::size_t count,
                   std::uint64_t torn) {
  {
    auto result = chunk_log::open(path);
    ASSERT_TRUE(result.ok()) << result.message;
    EXPECT_EQ(result.found.torn_bytes, torn) << result.found.notes;
    EXPECT_EQ(result.found.notes.empty(), torn == 0);
    EXPECT_EQ(result.found.next_id, count + 1);
    EXPECT_TRUE(result.log->writer().close().ok());
    EXPECT_EQ(drain(*result.log), prefix(all, count));
  }
  const auto before = contents(path);
  auto again = chunk_log::open(path);
  ASSERT_TRUE(again.ok()) << again.message;
  EXPECT_EQ(again.found.torn_bytes, 0U);
  EXPECT_EQ(again.found.next_id, count + 1);
  EXPECT_EQ(contents(path), before);
}

TEST(torn_tail, truncation_at_every_byte_of_the_unsynced_records) {
  const scratch dir;
  const auto made = make_crashed(dir, 4);
  const auto chunk = last_chunk(dir.log());
  const auto whole = slurp(chunk);
  const auto in_chunk = independent::parse(whole);
  ASSERT_GT(in_chunk.size(), 4U);
  std::size_t keep = 0;  // bytes up to the durable mark
  for (std::size_t i = 0; i < in_chunk.size() - 4; ++i) keep += 16 + in_chunk[i].payload.size();
  std::filesystem::copy(dir.log(), dir / "pristine");
  for (auto length = keep; length <= whole.size(); ++length) {
    SCOPED_TRACE(length);
    snapshot(dir / "pristine", dir.log());
    std::filesystem::resize_file(chunk, length);
    std::size_t count = made.synced;
    std::size_t end = keep;
    for (auto i = in_chunk.size() - 4; i < in_chunk.size(); ++i) {
      const auto next = end + 16 + in_chunk[i].payload.size();
      if (next > length) break;
      end = next;
      ++count;
    }
    expect_prefix(dir.log(), made.all, count, length - end);
  }
}

TEST(torn_tail, zeros_garbage_and_flips_above_the_durable_mark_are_cut_off) {
  const scratch dir;
  const auto made = make_crashed(dir, 2);
  const auto chunk = last_chunk(dir.log());
  std::filesystem::copy(dir.log(), dir / "pristine");
  const auto whole = slurp(chunk);
  const auto in_chunk = independent::parse(whole);
  const auto last = 16 + in_chunk.back().payload.size();
  for (const auto& tail : {std::string(100, '\0'), payload(1, 100), std::string("\0\0\0\x0c", 4)}) {
    spill(chunk, whole + tail);
    expect_prefix(dir.log(), made.all, made.all.size(), tail.size());
    snapshot(dir / "pristine", dir.log());
  }
  for (std::size_t at = whole.size() - last; at < whole.size(); ++at) {
    SCOPED_TRACE(at);
    snapshot(dir / "pristine", dir.log());
    flip(chunk, at);
    expect_prefix(dir.log(), made.all, made.all.size() - 1, last);
  }
}

TEST(torn_tail, appends_go_on_behind_the_cut) {
  const scratch dir;
  auto made = make_crashed(dir, 3);
  const auto chunk = last_chunk(dir.log());
  std::filesystem::resize_file(chunk, std::filesystem::file_size(chunk) - 1);
  made.all.pop_back();
  {
    auto log = must_open(dir.log());
    made.all.emplace_back(must_append(*log, "again"), "again");
  }
  EXPECT_EQ(reread(dir.log()), made.all);
}

TEST(damage, a_flip_of_any_durable_byte_of_the_last_chunk_is_reported_and_nothing_is_changed) {
  const scratch dir;
  make_crashed(dir, 0);
  const auto chunk = last_chunk(dir.log());
  const auto size = std::filesystem::file_size(chunk);
  for (std::size_t at = 0; at < size; ++at) {
    SCOPED_TRACE(at);
    snapshot(dir / "live", dir.log());
    flip(chunk, at);
    const auto before = contents(dir.log());
    const auto refused = chunk_log::open(dir.log());
    EXPECT_EQ(refused.error, errc::corrupt_record) << refused.message;
    EXPECT_NE(refused.message.find(chunk.string() + ", offset "), std::string::npos)
        << refused.message;
    EXPECT_EQ(contents(dir.log()), before);
  }
}

TEST(damage, truncation_below_the_durable_mark_is_reported) {
  const scratch dir;
  make_crashed(dir, 0);
  const auto chunk = last_chunk(dir.log());
  std::filesystem::resize_file(chunk, std::filesystem::file_size(chunk) - 1);
  const auto refused = chunk_log::open(dir.log());
  EXPECT_EQ(refused.error, errc::missing_data);
  EXPECT_NE(refused.message.find(chunk.string()), std::string::npos) << refused.message;
}

TEST(damage, in_an_earlier_chunk_is_reported_by_the_reader_which_does_not_pass) {
  const scratch dir;
  const auto made = make_crashed(dir, 0);
  const auto chunk = dir.log() / "0000.chunk";
  const auto second = 16 + made.all[0].second.size();
  flip(chunk, second + 17);
  auto log = must_open(dir.log());
  EXPECT_TRUE(log->reader().next().ok());
  for (int attempt = 0; attempt < 2; ++attempt) {
    const auto record = log->reader().next();
    EXPECT_EQ(record.error, errc::corrupt_record);
    const auto place = chunk.string() + ", offset " + std::to_string(second);
    EXPECT_NE(record.message.find(place), std::string::npos) << record.message;
  }
}

TEST(damage, a_missing_chunk_is_reported) {
  const scratch dir;
  make_crashed(dir, 0);
  for (const auto* name : {"0000.chunk", "0001.chunk", "0002.chunk"}) {
    snapshot(dir / "live", dir.log());
    ASSERT_TRUE(std::filesystem::remove(dir.log() / name));
    const auto refused = chunk_log::open(dir.log());
    EXPECT_EQ(refused.error, errc::missing_data);
    EXPECT_NE(refused.message.find(name), std::string::npos) << refused.message;
  }
}

TEST(damage, an_unconnected_chunk_is_reported) {
  const scratch dir;
  make_crashed(dir, 0);
  const auto last = last_chunk(dir.log());
  std::filesystem::copy(last, dir.log() / "0123.chunk");
  EXPECT_EQ(chunk_log::open(dir.log()).error, errc::missing_data);
}

TEST(roll, a_crash_between_the_new_chunk_and_the_ledger) {
  const scratch dir;
  const auto made = make_crashed(dir, 2);
  const auto last = last_chunk(dir.log());
  spill(dir.log() / "0099.chunk", "");
  const auto number = std::stoul(last.stem().string(), nullptr, 16);
  char name[16];
  std::snprintf(name, sizeof name, "%04lx.chunk", number + 1);
  spill(dir.log() / name, "");
  {
    const auto result = chunk_log::open(dir.log());
    ASSERT_TRUE(result.ok()) << result.message;
    EXPECT_EQ(result.found.next_id, made.all.size() + 1);
    EXPECT_EQ(result.found.stale_chunks, 1U);
    EXPECT_EQ(must_append(*result.log, "next"), made.all.size() + 1);
  }
  EXPECT_EQ(slurp(dir.log() / name).size(), 20U);
  EXPECT_EQ(reread(dir.log()).size(), made.all.size() + 1);
}

TEST(ledger, a_torn_slot_falls_back_to_the_other) {
  const scratch dir;
  const auto made = make_crashed(dir, 0);
  for (const std::size_t slot : {512U, 1024U}) {
    snapshot(dir / "live", dir.log());
    flip(dir.log() / "ledger.state", slot + 24);
    const auto result = chunk_log::open(dir.log());
    ASSERT_TRUE(result.ok()) << result.message;
    EXPECT_FALSE(result.found.ledger_rebuilt);
    EXPECT_TRUE(result.log->writer().close().ok());
    EXPECT_EQ(drain(*result.log), made.all);
  }
}

TEST(ledger, is_rebuilt_when_it_is_lost_or_bad) {
  const scratch dir;
  const auto made = make_crashed(dir, 3);
  for (const bool removed : {true, false}) {
    snapshot(dir / "live", dir.log());
    if (removed) {
      std::filesystem::remove(dir.log() / "ledger.state");
    } else {
      flip(dir.log() / "ledger.state", 512);
      flip(dir.log() / "ledger.state", 1024);
    }
    const auto chunk = last_chunk(dir.log());
    std::filesystem::resize_file(chunk, std::filesystem::file_size(chunk) - 2);
    {
      const auto result = chunk_log::open(dir.log());
      ASSERT_TRUE(result.ok()) << result.message;
      EXPECT_TRUE(result.found.ledger_rebuilt);
      EXPECT_GT(result.found.torn_bytes, 0U);
      EXPECT_NE(result.found.notes.find("ledger.state"), std::string::npos);
      EXPECT_EQ(result.found.next_id, made.all.size());
    }
    const auto again = chunk_log::open(dir.log());
    ASSERT_TRUE(again.ok()) << again.message;
    EXPECT_FALSE(again.found.ledger_rebuilt);
    EXPECT_TRUE(again.log->writer().close().ok());
    EXPECT_EQ(drain(*again.log), prefix(made.all, made.all.size() - 1));
  }
}

TEST(ledger, rot_before_whole_records_is_no_torn_tail_even_without_a_ledger) {
  const scratch dir;
  make_crashed(dir, 0);
  std::filesystem::remove(dir.log() / "ledger.state");
  for (const auto& chunk : {dir.log() / "0000.chunk", last_chunk(dir.log())}) {
    const auto bytes = slurp(chunk);
    for (const std::size_t at : {0U, 3U, 5U, 9U, 17U}) {
      SCOPED_TRACE(at);
      flip(chunk, at);
      const auto before = contents(dir.log());
      const auto refused = chunk_log::open(dir.log());
      EXPECT_EQ(refused.error, errc::corrupt_record) << refused.message;
      EXPECT_EQ(contents(dir.log()), before);
      spill(chunk, bytes);
    }
  }
}

TEST(ledger, that_contradicts_the_chunks_is_reported) {
  const scratch dir;
  make_crashed(dir, 0);
  const auto state = independent::parse_slot(slurp(dir.log() / "ledger.state"));
  for (int wrong = 0; wrong < 2; ++wrong) {
    auto changed = state;
    if (wrong == 0) changed.next_id += 1;
    if (wrong == 1) changed.durable -= 1;
    spill(dir.log() / "ledger.state", independent::make_ledger(changed));
    EXPECT_EQ(chunk_log::open(dir.log()).error, errc::corrupt_ledger);
  }
}

TEST(lock, a_second_open_is_refused) {
  const scratch dir;
  auto log = must_open(dir.log());
  const auto refused = chunk_log::open(dir.log());
  EXPECT_EQ(refused.error, errc::locked);
  EXPECT_NE(refused.message.find("buffer.lock"), std::string::npos);
  EXPECT_EQ(log_view::open(dir.log()).error, errc::locked);
  log.reset();
  EXPECT_TRUE(chunk_log::open(dir.log()).ok());
}

TEST(lock, holds_across_processes_and_dies_with_its_process) {
  const scratch dir;
  auto log = must_open(dir.log());
  const auto open_in_child = [&] {
    const auto child = ::fork();
    if (child == 0) {
      const auto result = chunk_log::open(dir.log());
      // Not through exit: the parent's log is none of the child's business.
      ::_exit(result.ok() ? 0 : result.error == errc::locked ? 1 : 2);
    }
    int ended = 0;
    ::waitpid(child, &ended, 0);
    return WIFEXITED(ended) ? WEXITSTATUS(ended) : -1;
  };
  EXPECT_EQ(open_in_child(), 1);
  log.reset();
  EXPECT_EQ(open_in_child(), 0);
  EXPECT_TRUE(chunk_log::open(dir.log()).ok());
}

TEST(lock, views_share_it_and_keep_writers_out) {
  const scratch dir;
  must_open(dir.log()).reset();
  const auto first = log_view::open(dir.log());
  const auto second = log_view::open(dir.log());
  EXPECT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(chunk_log::open(dir.log()).error, errc::locked);
}

}  // namespace
}  // namespace annulus::chunklog::test
