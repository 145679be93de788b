// The other ways to read: try, batches, awaited, by epoll; from memory or from the file.
#include <poll.h>

#include <annulus/core/detached_task.hpp>
#include <annulus/ready_event.hpp>
#include <latch>
#include <thread>

#include "support.hpp"
#include "watchdog.hpp"

namespace annulus::chunklog::test {
namespace {

TEST(try_next, delivers_what_is_written_and_does_not_wait) {
  const scratch dir;
  auto log = must_open(dir.log());
  EXPECT_EQ(log->reader().try_next().error, errc::would_block);
  EXPECT_EQ(log->reader().try_next_batch().error, errc::would_block);
  must_append(*log, "one");
  ASSERT_TRUE(log->writer().flush().ok());
  EXPECT_EQ(text_of(log->reader().try_next().payload), "one");
  EXPECT_EQ(log->reader().try_next().error, errc::would_block);
  ASSERT_TRUE(log->writer().close().ok());
  EXPECT_EQ(log->reader().try_next().error, errc::end_of_stream);
}

TEST(next_batch, gives_all_records_once) {
  const scratch dir;
  auto log = must_open(dir.log(), limited(100'000, 5000));
  const watchdog guard(*log);
  constexpr std::uint64_t count = 5000;
  for (std::uint64_t i = 1; i <= count; ++i) must_append(*log, payload(i, i % 300));
  ASSERT_TRUE(log->writer().close().ok());
  std::uint64_t id = 0;
  std::size_t batches = 0;
  for (;; ++batches) {
    const auto batch = log->reader().next_batch();
    if (!batch.ok()) {
      EXPECT_EQ(batch.error, errc::end_of_stream) << batch.message;
      break;
    }
    ASSERT_FALSE(batch.records.empty());
    for (const auto& record : batch.records) {
      ASSERT_EQ(record.id, ++id);
      ASSERT_EQ(text_of(record.payload), payload(id, id % 300));
    }
    ASSERT_TRUE(log->reader().acknowledge(batch.records.front().id, id).ok());
  }
  EXPECT_EQ(id, count);
  EXPECT_LT(batches, count / 10);
  EXPECT_EQ(log->reader().acknowledged(), count);
}

TEST(append_batch, appends_a_record_each) {
  const scratch dir;
  auto log = must_open(dir.log(), limited(1000, 100));
  const std::vector<std::string> texts{"a", "", payload(3, 300)};
  const std::vector<bytes_view> parts{view_of(texts[0]), view_of(texts[1]), view_of(texts[2])};
  const auto done = log->writer().append_batch(parts);
  EXPECT_TRUE(done.ok()) << done.message;
  EXPECT_EQ(done.first, 1U);
  EXPECT_EQ(done.records, 3U);
  const auto large = payload(1, 1000);
  const std::vector<bytes_view> bad{view_of(texts[0]), view_of(large), view_of(texts[0])};
  const auto partly = log->writer().append_batch(bad);
  EXPECT_EQ(partly.error, errc::record_too_large);
  EXPECT_EQ(partly.first, 4U);
  EXPECT_EQ(partly.records, 1U);
  ASSERT_TRUE(log->writer().close().ok());
  EXPECT_EQ(drain(*log), (records{{1, texts[0]}, {2, texts[1]}, {3, texts[2]}, {4, texts[0]}}));
}

// Of lengths that end chunks, exceed what is published at once, and exceed a quarter of the ring.
std::vector<std::string> payloads_of_many_lengths() {
  std::vector<std::string> out;
  for (std::uint64_t i = 1; i <= 600; ++i) {
    const auto long_one = i % 100 == 0 ? std::uint64_t{20'000} : 0;
    out.push_back(payload(i, long_one + i * 37 % 1500));
  }
  return out;
}

TEST(append_batch, writes_what_single_appends_would) {
  const scratch dir;
  auto how = limited(50'000, 4096);
  how.ring_bytes = 1 << 16;
  const auto texts = payloads_of_many_lengths();
  std::vector<bytes_view> views;
  for (const auto& text : texts) views.push_back(view_of(text));
  auto single = must_open(dir / "single", how);
  for (const auto& text : texts) must_append(*single, text);
  auto batched = must_open(dir / "batched", how);
  const auto done = batched->writer().append_batch(views);
  ASSERT_TRUE(done.ok()) << done.message;
  EXPECT_EQ(done.first, 1U);
  EXPECT_EQ(done.records, views.size());
  const auto next = batched->writer().append_batch(std::span(views).first(3));
  EXPECT_EQ(next.first, views.size() + 1);
  for (int i = 0; i < 3; ++i) must_append(*single, texts[static_cast<std::size_t>(i)]);
  EXPECT_EQ(batched->stats().appended_records, single->stats().appended_records);
  EXPECT_EQ(batched->stats().appended_bytes, single->stats().appended_bytes);
  ASSERT_TRUE(single->close().ok());
  ASSERT_TRUE(batched->close().ok());
  EXPECT_EQ(contents(dir / "batched"), contents(dir / "single"));
}

TEST(append_batch, stops_at_the_cap_with_what_fits) {
  const scratch dir;
  auto how = limited(1000, 4096);
  how.max_bytes = 2000;
  how.full = when_full::reject;
  auto log = must_open(dir.log(), how);
  const auto text = payload(1, 84);  // 100 bytes with its header: 20 fit
  const std::vector<bytes_view> views(25, view_of(text));
  const auto done = log->writer().append_batch(views);
  EXPECT_EQ(done.error, errc::log_full) << done.message;
  EXPECT_EQ(done.records, 20U);
  EXPECT_EQ(done.first, 1U);
  EXPECT_EQ(log->stats().used_bytes, 2000U);
  EXPECT_EQ(log->stats().rejected, 1U);
}

TEST(append_batch, of_a_closed_log_appends_nothing) {
  const scratch dir;
  auto log = must_open(dir.log());
  ASSERT_TRUE(log->close().ok());
  const std::vector<bytes_view> views(3);
  const auto done = log->writer().append_batch(views);
  EXPECT_EQ(done.error, errc::closed);
  EXPECT_EQ(done.records, 0U);
}

TEST(append_batch, of_nothing_does_nothing) {
  const scratch dir;
  auto log = must_open(dir.log());
  const auto done = log->writer().append_batch({});
  EXPECT_TRUE(done.ok());
  EXPECT_EQ(done.records, 0U);
}

TEST(append, of_records_larger_than_the_ring) {
  for (const std::size_t cache_bytes : {std::size_t{0}, std::size_t{1} << 20U}) {
    const scratch dir;
    options how;
    how.ring_bytes = 1 << 16;
    how.write_bytes = 1 << 12;
    how.cache_bytes = cache_bytes;
    how.chunk_bytes = 1 << 20;
    records expected;
    {
      auto log = must_open(dir.log(), how);
      const watchdog guard(*log);
      std::thread reader([&] {
        for (std::size_t i = 0; i < 20; ++i) {
          const auto record = log->reader().next();
          ASSERT_EQ(record.id, i + 1) << record.message;
          ASSERT_EQ(text_of(record.payload), payload(i, i * 50'000));
        }
      });
      for (std::size_t i = 0; i < 20; ++i) {
        const auto text = payload(i, i * 50'000);
        expected.emplace_back(must_append(*log, text), text);
      }
      reader.join();
    }
    EXPECT_EQ(reread(dir.log(), how), expected);
  }
}

// The same records, whether they come from memory or from the file; and the count says which.
TEST(cache, serves_a_reader_that_keeps_up) {
  for (const bool cached : {true, false}) {
    const scratch dir;
    options how;
    if (!cached) how.cache_bytes = 0;
    auto log = must_open(dir.log(), how);
    const watchdog guard(*log);
    for (std::uint64_t i = 1; i <= 300; ++i) {
      must_append(*log, payload(i, i));
      const auto record = log->reader().next();
      ASSERT_EQ(record.id, i) << record.message;
      ASSERT_EQ(text_of(record.payload), payload(i, i));
    }
    const auto stats = log->stats();
    const auto bytes = stats.appended_bytes;
    EXPECT_EQ(stats.delivered_bytes, bytes);
    EXPECT_EQ(stats.cache_bytes, cached ? bytes : 0);
    EXPECT_EQ(stats.file_bytes, cached ? 0 : bytes);
  }
}

TEST(cache, has_no_say_for_a_reader_that_is_behind) {
  const scratch dir;
  options how;
  how.ring_bytes = 1 << 16;
  how.cache_bytes = 1000;
  auto log = must_open(dir.log(), how);
  for (std::uint64_t i = 1; i <= 300; ++i) must_append(*log, payload(i, 100));
  ASSERT_TRUE(log->writer().close().ok());
  EXPECT_EQ(drain(*log).size(), 300U);
  EXPECT_EQ(log->stats().cache_bytes, 0U);
  EXPECT_EQ(log->stats().file_bytes, 300U * 116);
}

TEST(async_next, resumes_for_each_record_and_at_the_end) {
  const scratch dir;
  auto log = must_open(dir.log());
  const watchdog guard(*log);
  std::latch done(1);
  std::uint64_t last = 0;
  [](chunk_log& in, std::uint64_t& seen, std::latch& over) -> detached_task {
    for (;;) {
      const auto record = co_await async_next(in.reader());
      if (!record.ok()) {
        EXPECT_EQ(record.error, errc::end_of_stream) << record.message;
        break;
      }
      EXPECT_EQ(record.id, seen + 1);
      EXPECT_EQ(text_of(record.payload), payload(record.id, 20));
      seen = record.id;
    }
    over.count_down();
  }(*log, last, done);
  for (std::uint64_t i = 1; i <= 1000; ++i) must_append(*log, payload(i, 20));
  ASSERT_TRUE(log->writer().close().ok());
  done.wait();
  EXPECT_EQ(last, 1000U);
}

TEST(async_next, can_be_stopped) {
  const scratch dir;
  auto log = must_open(dir.log());
  const watchdog guard(*log);
  std::stop_source stop;
  std::latch done(1);
  [](chunk_log& in, std::stop_token token, std::latch& over) -> detached_task {
    const auto batch = co_await async_next_batch(in.reader(), std::move(token));
    EXPECT_EQ(batch.error, errc::cancelled);
    over.count_down();
  }(*log, stop.get_token(), done);
  stop.request_stop();
  done.wait();
}

TEST(ready_event, becomes_readable_with_a_record) {
  const scratch dir;
  auto log = must_open(dir.log());
  const watchdog guard(*log);
  ready_event event;
  std::thread writer([&] {
    for (std::uint64_t i = 1; i <= 100; ++i) must_append(*log, payload(i, 10));
  });
  for (std::uint64_t id = 1; id <= 100;) {
    const auto record = log->reader().try_next();
    if (record.ok()) {
      EXPECT_EQ(record.id, id++);
      continue;
    }
    ASSERT_EQ(record.error, errc::would_block) << record.message;
    if (!event.arm(log->reader(), 1)) continue;
    pollfd waited{event.fd(), POLLIN, 0};
    ASSERT_EQ(::poll(&waited, 1, -1), 1);
    event.clear();
  }
  event.disarm(log->reader());
  writer.join();
}

}  // namespace
}  // namespace annulus::chunklog::test
