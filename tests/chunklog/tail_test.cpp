// tail: whole records only, in order, beside a writer.
#include <poll.h>

#include <annulus/chunklog/repair.hpp>
#include <annulus/chunklog/tail.hpp>
#include <thread>

#include "damaged.hpp"
#include "support.hpp"

namespace annulus::chunklog::test {
namespace {

log_tail must_tail(const std::filesystem::path& path, const tail_options& how = {}) {
  auto opened = log_tail::open(path, how);
  if (!opened.ok()) throw std::runtime_error(opened.message);
  return std::move(*opened.tail);
}

tail_options starting_with(std::uint64_t id) {
  tail_options how;
  how.from = id;
  return how;
}

records rest(log_tail& tail) {
  records all;
  for (;;) {
    const auto record = tail.next();
    EXPECT_TRUE(record.ok()) << record.message;
    if (!record.found()) return all;
    all.emplace_back(record.id, text_of(record.payload));
  }
}

TEST(tail, begins_with_the_last_records) {
  const scratch dir;
  const auto all = make_log(dir.log(), 60);
  for (const std::uint64_t last : {0U, 1U, 10U, 59U, 60U, 1000U}) {
    SCOPED_TRACE(last);
    tail_options how;
    how.last = last;
    auto tail = must_tail(dir.log(), how);
    const auto wanted = static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(last, 60));
    EXPECT_EQ(rest(tail), records(all.end() - wanted, all.end()));
    EXPECT_TRUE(rest(tail).empty());
  }
}

TEST(tail, begins_with_an_id) {
  const scratch dir;
  const auto all = make_log(dir.log(), 60);
  for (std::uint64_t id = 0; id <= 61; ++id) {
    auto tail = must_tail(dir.log(), starting_with(id));
    EXPECT_EQ(rest(tail),
              records(all.begin() + static_cast<std::ptrdiff_t>(id == 0 ? 0 : id - 1), all.end()));
  }
}

TEST(tail, shows_what_a_writer_has_flushed) {
  const scratch dir;
  options small;
  small.chunk_bytes = 400;
  const auto log = must_open(dir.log(), small);
  auto tail = must_tail(dir.log());
  EXPECT_FALSE(tail.next().found());
  records all;
  for (std::uint64_t i = 0; i < 100; ++i) {
    const auto text = payload(i, i * 7 % 90);
    ASSERT_EQ(must_append(*log, text), i + 1);
    ASSERT_TRUE(log->writer().flush().ok());
    const auto record = tail.next();
    ASSERT_TRUE(record.found()) << record.message;
    EXPECT_EQ(record.id, i + 1);
    EXPECT_EQ(text_of(record.payload), text);
    EXPECT_FALSE(tail.next().found());
  }
}

TEST(tail, shows_no_record_before_its_last_byte) {
  const scratch dir;
  const auto all = make_log(dir.log(), 5, 1 << 20);
  const auto chunk = dir.log() / "0000.chunk";
  const auto whole = slurp(chunk);
  spill(chunk, "");
  auto tail = must_tail(dir.log(), starting_with(1));
  records seen;
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    {
      std::ofstream(chunk, std::ios::binary | std::ios::app)
          << whole.substr(size == 0 ? 0 : size - 1, size == 0 ? 0 : 1);
    }
    for (const auto& record : rest(tail)) seen.push_back(record);
    std::size_t due = 0;
    for (std::size_t end = 0; due < all.size(); ++due) {
      end += 16 + all[due].second.size();
      if (end > size) break;
    }
    ASSERT_EQ(seen.size(), due) << size;
  }
  EXPECT_EQ(seen, all);
}

TEST(tail, waits_without_polling_and_misses_nothing) {
  const scratch dir;
  options small;
  small.chunk_bytes = 64 << 10;
  constexpr std::uint64_t count = 20'000;
  const auto log = must_open(dir.log(), small);
  auto watch = change_watch::open(dir.log());
  ASSERT_TRUE(watch.ok()) << watch.message;
  auto tail = must_tail(dir.log());
  std::jthread writer([&] {
    for (std::uint64_t i = 0; i < count; ++i) {
      must_append(*log, payload(i, i % 100));
      if (i % 97 == 0) {
        EXPECT_TRUE(log->writer().flush().ok());
      }
    }
    EXPECT_TRUE(log->writer().flush().ok());
  });
  for (std::uint64_t seen = 0; seen < count;) {
    watch.watch->reset();
    for (;;) {
      const auto record = tail.next();
      ASSERT_TRUE(record.ok()) << record.message;
      if (!record.found()) break;
      ASSERT_EQ(record.id, seen + 1);
      ASSERT_EQ(text_of(record.payload), payload(seen, static_cast<std::size_t>(seen % 100)));
      ++seen;
    }
    if (seen == count) break;
    // The test's time limit is the watchdog; what it would show:
    SCOPED_TRACE("the tail has seen " + std::to_string(seen));
    pollfd change{watch.watch->fd(), POLLIN, 0};
    constexpr int watchdog = 120'000;
    ASSERT_EQ(poll(&change, 1, watchdog), 1);
  }
}

TEST(tail, goes_on_behind_damage_and_says_so_once) {
  const scratch dir;
  const auto all = make_log(dir.log(), 60);
  flip(dir.log() / "0001.chunk", 20);
  auto tail = must_tail(dir.log(), starting_with(1));
  int damages = 0;
  records seen;
  for (;;) {
    const auto record = tail.next();
    if (!record.ok()) {
      EXPECT_EQ(record.error, errc::corrupt_record);
      EXPECT_NE(record.message.find("0001.chunk"), std::string::npos);
      ASSERT_EQ(++damages, 1);
      continue;
    }
    if (!record.found()) break;
    seen.emplace_back(record.id, text_of(record.payload));
  }
  EXPECT_EQ(damages, 1);
  EXPECT_EQ(seen.size(), all.size() - 1);
}

TEST(tail, passes_by_what_a_repair_has_given_up) {
  const scratch dir;
  const auto all = make_log(dir.log(), 60);
  flip(dir.log() / "0001.chunk", 20);
  auto opened = log_repair::open(dir.log(), repair_kind::in_place);
  ASSERT_TRUE(opened.ok()) << opened.message;
  ASSERT_TRUE(opened.repair->apply().ok());
  auto tail = must_tail(dir.log(), starting_with(1));
  EXPECT_EQ(rest(tail).size(), all.size() - 1);
}

TEST(tail, says_when_chunks_were_deleted_in_front_of_it) {
  const scratch dir;
  make_log(dir.log(), 60);
  auto tail = must_tail(dir.log(), starting_with(1));
  const auto first = tail.next();
  EXPECT_EQ(first.id, 1U);
  for (const auto* name : {"0001.chunk", "0002.chunk"}) std::filesystem::remove(dir.log() / name);
  std::uint64_t last = 1;
  for (;;) {
    const auto record = tail.next();
    if (!record.ok()) {
      EXPECT_EQ(record.error, errc::missing_data);
      EXPECT_NE(record.message.find("0003.chunk"), std::string::npos) << record.message;
      break;
    }
    ASSERT_TRUE(record.found());
    last = record.id;
  }
  const auto next = tail.next();
  ASSERT_TRUE(next.found()) << next.message;
  EXPECT_GT(next.id, last + 1);
  EXPECT_EQ(rest(tail).back().first, 60U);
}

TEST(tail, says_when_the_log_was_cut_back) {
  const scratch dir;
  const auto all = make_log(dir.log(), 5, 1 << 20);
  auto tail = must_tail(dir.log());
  EXPECT_EQ(rest(tail).size(), 5U);
  const auto chunk = dir.log() / "0000.chunk";
  const auto whole = slurp(chunk);
  std::filesystem::resize_file(chunk, whole.size() - 1);
  const auto record = tail.next();
  EXPECT_EQ(record.error, errc::missing_data);
  EXPECT_NE(record.message.find("cut back"), std::string::npos);
  EXPECT_FALSE(tail.next().found());
  spill(chunk, whole);
  const auto again = tail.next();
  ASSERT_TRUE(again.found()) << again.message;
  EXPECT_EQ(again.id, 5U);
}

TEST(tail, of_no_log) {
  const scratch dir;
  EXPECT_EQ(log_tail::open(dir.log()).error, std::errc::no_such_file_or_directory);
  EXPECT_EQ(change_watch::open(dir.log()).error, std::errc::no_such_file_or_directory);
  std::filesystem::create_directory(dir.log());
  EXPECT_EQ(log_tail::open(dir.log()).error, errc::not_a_log);
}

}  // namespace
}  // namespace annulus::chunklog::test
