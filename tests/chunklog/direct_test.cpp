// A log that its caller writes: the same files, without a ring or a thread.
#include <annulus/chunklog/direct_writer.hpp>
#include <annulus/chunklog/passing_files.hpp>
#include <annulus/chunklog/verify.hpp>

#include "support.hpp"

namespace annulus::chunklog::test {
namespace {

direct_writer must_open_direct(const std::filesystem::path& path, const options& how = {}) {
  auto opened = direct_writer::open(path, how);
  if (!opened.ok()) throw std::runtime_error(opened.message);
  return std::move(*opened.log);
}

options of_chunks(std::uint64_t bytes) {
  options how;
  how.chunk_bytes = bytes;
  return how;
}

std::uint64_t put(direct_writer& log, const std::string& text) {
  const auto done = log.append(view_of(text));
  EXPECT_TRUE(done.ok()) << done.message;
  return done.id;
}

// Appends the records that a batch is made of, and returns all of them.
records append_batch(direct_writer& log, std::uint64_t first, std::size_t many) {
  records all;
  for (std::size_t i = 0; i < many; ++i) {
    all.emplace_back(first + i, payload(first + i, (first + i) * 37 % 211));
  }
  std::vector<bytes_view> payloads;
  for (const auto& [id, text] : all) payloads.push_back(view_of(text));
  const auto done = log.append_batch(payloads);
  EXPECT_TRUE(done.ok()) << done.message;
  EXPECT_EQ(done.first, first);
  EXPECT_EQ(done.records, many);
  return all;
}

// Counts calls, and fails the next write, half done, when asked.
class counting_files final : public passing_files {
 public:
  counting_files() : passing_files(system_files()) {}
  transfer write(int fd, std::span<const bytes_view> parts, std::uint64_t offset) override {
    ++writes;
    if (fails_after == none) return behind_.write(fd, parts, offset);
    transfer done;
    for (auto part : parts) {
      const auto n = std::min(part.size(), fails_after - done.bytes);
      part = part.first(n);
      done.bytes += behind_.write(fd, {&part, 1}, offset + done.bytes).bytes;
    }
    done.error = std::make_error_code(std::errc::no_space_on_device);
    return done;
  }
  static constexpr std::size_t none = ~std::size_t{0};
  std::size_t fails_after = none;
  std::uint64_t writes = 0;
};

TEST(direct, writes_the_files_that_a_log_with_a_thread_does) {
  const scratch dir;
  const auto how = of_chunks(700);
  {
    auto direct = must_open_direct(dir / "direct", how);
    const auto threaded = must_open(dir / "threaded", how);
    for (std::uint64_t id = 1; id <= 40; ++id) {
      const auto text = payload(id, id * 53 % 300);
      EXPECT_EQ(put(direct, text), id);
      EXPECT_EQ(must_append(*threaded, text), id);
    }
    EXPECT_TRUE(direct.close().ok());
    EXPECT_TRUE(threaded->close().ok());
    EXPECT_EQ(direct.durable_id(), 40U);
    EXPECT_EQ(direct.stats().rolls, threaded->stats().rolls);
  }
  EXPECT_EQ(contents(dir / "direct"), contents(dir / "threaded"));
}

TEST(direct, gathers_a_record_from_its_parts) {
  const scratch dir;
  counting_files files;
  auto how = of_chunks(1 << 20);
  how.files = &files;
  records all;
  {
    auto log = must_open_direct(dir.log(), how);
    for (const std::size_t parts : {0U, 1U, 2U, 70U, 200U}) {
      std::vector<std::string> texts;
      std::vector<bytes_view> views;
      std::string whole;
      for (std::size_t i = 0; i < parts; ++i) texts.push_back(payload(i, i % 5));
      for (const auto& text : texts) {
        views.push_back(view_of(text));
        whole += text;
      }
      const auto before = files.writes;
      const auto done = log.append(views);
      ASSERT_TRUE(done.ok()) << done.message;
      EXPECT_EQ(files.writes, before + 1);
      all.emplace_back(done.id, whole);
    }
  }
  EXPECT_EQ(reread(dir.log()), all);
}

TEST(direct, puts_many_records_of_a_batch_into_a_write) {
  const scratch dir;
  counting_files files;
  auto how = of_chunks(5000);
  how.files = &files;
  records all;
  {
    auto log = must_open_direct(dir.log(), how);
    const auto before = files.writes;
    all = append_batch(log, 1, 300);
    EXPECT_LT(files.writes - before, 60U);
    EXPECT_GT(log.stats().rolls, 3U);
    EXPECT_TRUE(log.append_batch({}).ok());
  }
  EXPECT_EQ(reread(dir.log()), all);
  EXPECT_TRUE(verify(dir.log()).whole());
}

TEST(direct, goes_on_where_the_log_was_left) {
  const scratch dir;
  const auto how = of_chunks(500);
  records all;
  for (std::uint64_t id = 1; id <= 20; ++id) {
    auto log = must_open_direct(dir.log(), how);
    all.emplace_back(id, payload(id, 90));
    EXPECT_EQ(put(log, all.back().second), id);
  }
  EXPECT_EQ(reread(dir.log(), how), all);
}

TEST(direct, syncs_when_it_is_asked_to) {
  const scratch dir;
  auto log = must_open_direct(dir.log());
  EXPECT_EQ(log.durable_id(), 0U);
  put(log, "a");
  EXPECT_EQ(log.durable_id(), 0U);
  EXPECT_TRUE(log.sync().ok());
  EXPECT_EQ(log.durable_id(), 1U);
  EXPECT_EQ(log.stats().syncs, 1U);
  EXPECT_TRUE(log.sync().ok());
  EXPECT_EQ(log.stats().syncs, 1U);
}

TEST(direct, syncs_after_an_interval_of_bytes) {
  const scratch dir;
  options how;
  how.durability = {durability::mode::interval, 1000, std::chrono::hours(1)};
  auto log = must_open_direct(dir.log(), how);
  for (std::uint64_t id = 1; id <= 20; ++id) put(log, payload(id, 84));
  EXPECT_EQ(log.stats().syncs, 2U);
  EXPECT_EQ(log.durable_id(), 20U);
}

TEST(direct, never_syncs_without_durability) {
  const scratch dir;
  auto how = of_chunks(500);
  how.durability.when = durability::mode::none;
  auto log = must_open_direct(dir.log(), how);
  for (std::uint64_t id = 1; id <= 20; ++id) put(log, payload(id, 90));
  EXPECT_TRUE(log.close().ok());
  EXPECT_EQ(log.stats().syncs, 0U);
  EXPECT_GT(log.stats().rolls, 2U);
}

TEST(direct, refuses_what_does_not_fit_and_goes_on) {
  const scratch dir;
  auto how = of_chunks(500);
  how.record_bytes = 100;
  auto log = must_open_direct(dir.log(), how);
  EXPECT_EQ(log.append(view_of(payload(1, 85))).error, errc::record_too_large);
  const std::string small = "small";
  const auto large = payload(2, 85);
  const std::array<bytes_view, 3> payloads{view_of(small), view_of(large), view_of(small)};
  const auto done = log.append_batch(payloads);
  EXPECT_EQ(done.error, errc::record_too_large);
  EXPECT_EQ(done.first, 1U);
  EXPECT_EQ(done.records, 1U);
  EXPECT_EQ(put(log, small), 2U);
  EXPECT_TRUE(log.close().ok());
  EXPECT_EQ(log.append(view_of(small)).error, errc::closed);
  EXPECT_EQ(log.append_batch(payloads).error, errc::closed);
  EXPECT_TRUE(log.close().ok());
}

TEST(direct, is_full_until_the_oldest_chunk_is_acknowledged) {
  for (const auto full : {when_full::reject, when_full::block}) {
    const scratch dir;
    auto how = of_chunks(400);
    how.max_bytes = 800;
    how.full = full;
    auto log = must_open_direct(dir.log(), how);
    const auto text = payload(1, 84);
    for (std::uint64_t id = 1; id <= 8; ++id) EXPECT_EQ(put(log, text), id);
    EXPECT_EQ(log.append(view_of(text)).error, errc::log_full);
    EXPECT_EQ(log.stats().rejected, 1U);
    EXPECT_EQ(log.acknowledge(9).error, errc::not_delivered);
    EXPECT_TRUE(log.acknowledge(1, 3).ok());
    EXPECT_EQ(log.append(view_of(text)).error, errc::log_full);
    EXPECT_TRUE(log.acknowledge(4).ok());
    EXPECT_EQ(log.stats().deleted_chunks, 1U);
    EXPECT_EQ(put(log, text), 9U);
  }
}

TEST(direct, drops_the_oldest_chunk_by_policy) {
  const scratch dir;
  auto how = of_chunks(400);
  how.max_bytes = 800;
  how.full = when_full::drop_oldest;
  {
    auto log = must_open_direct(dir.log(), how);
    for (std::uint64_t id = 1; id <= 30; ++id) EXPECT_EQ(put(log, payload(id, 84)), id);
    EXPECT_LE(log.stats().used_bytes, 800U);
    EXPECT_EQ(log.stats().dropped_records, 24U);
  }
  const auto left = reread(dir.log(), how);
  ASSERT_EQ(left.size(), 6U);
  EXPECT_EQ(left.front().first, 25U);
}

TEST(direct, keeps_the_whole_records_of_a_write_that_fails) {
  for (const std::size_t written : {0U, 50U, 100U, 101U, 299U, 300U}) {
    SCOPED_TRACE(written);
    const scratch dir;
    counting_files files;
    options how;
    how.files = &files;
    {
      auto log = must_open_direct(dir.log(), how);
      std::vector<std::string> texts;
      for (std::uint64_t id = 1; id <= 3; ++id) texts.push_back(payload(id, 84));
      const std::vector<bytes_view> payloads{view_of(texts[0]), view_of(texts[1]),
                                             view_of(texts[2])};
      files.fails_after = written;
      const auto done = log.append_batch(payloads);
      EXPECT_EQ(done.error, std::errc::no_space_on_device) << done.message;
      EXPECT_EQ(done.records, written / 100);
      EXPECT_EQ(std::filesystem::file_size(dir.log() / "0000.chunk"), written / 100 * 100);
      files.fails_after = counting_files::none;
      EXPECT_EQ(log.append(payloads[0]).error, std::errc::no_space_on_device);
      EXPECT_EQ(log.sync().error, std::errc::no_space_on_device);
      EXPECT_EQ(log.close().error, std::errc::no_space_on_device);
    }
    EXPECT_EQ(reread(dir.log()).size(), written / 100);
  }
}

TEST(direct, gives_back_the_space_that_it_has_reserved) {
  const scratch dir;
  auto how = of_chunks(1 << 20);
  how.preallocate = true;
  auto log = must_open_direct(dir.log(), how);
  put(log, payload(1, 100));
  EXPECT_TRUE(log.close().ok());
  EXPECT_EQ(std::filesystem::file_size(dir.log() / "0000.chunk"), 116U);
}

TEST(direct, locks_the_log) {
  const scratch dir;
  auto log = must_open_direct(dir.log());
  EXPECT_EQ(direct_writer::open(dir.log()).error, errc::locked);
  EXPECT_EQ(chunk_log::open(dir.log()).error, errc::locked);
  const auto moved = std::move(log);
  EXPECT_EQ(chunk_log::open(dir.log()).error, errc::locked);
}

TEST(direct, refuses_limits_that_no_log_has) {
  const scratch dir;
  EXPECT_EQ(direct_writer::open(dir.log(), of_chunks(15)).error, errc::bad_chunk_size);
  auto how = of_chunks(100);
  how.max_bytes = 199;
  EXPECT_EQ(direct_writer::open(dir.log(), how).error, errc::bad_size_cap);
}

}  // namespace
}  // namespace annulus::chunklog::test
