// The read-only view: random access, inspection, faults.
#include <fcntl.h>

#include <algorithm>

#include "support.hpp"

namespace annulus::chunklog::test {
namespace {

const options tiny_chunks = limited(400, 128);

records make(const std::filesystem::path& path, std::uint64_t count) {
  records all;
  auto log = must_open(path, tiny_chunks);
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto text = payload(i, i * 7 % 90);
    all.emplace_back(must_append(*log, text), text);
  }
  return all;
}

log_view must_view(const std::filesystem::path& path) {
  auto result = log_view::open(path);
  if (!result.ok()) throw std::runtime_error(result.message);
  return std::move(*result.view);
}

std::string read_all(log_view& view, std::size_t index) {
  std::vector<std::byte> out(view.entries()[index].payload_bytes);
  const auto done = view.read(index, out);
  EXPECT_TRUE(done.ok()) << done.message;
  EXPECT_EQ(done.bytes, out.size());
  return text_of(out);
}

TEST(view, reads_in_any_order) {
  const scratch dir;
  const auto all = make(dir.log(), 60);
  auto view = must_view(dir.log());
  ASSERT_EQ(view.size(), all.size());
  for (std::size_t step = 0; step < all.size(); ++step) {
    const auto index = step * 37 % all.size();
    EXPECT_EQ(view.entries()[index].id, all[index].first);
    EXPECT_EQ(view.find(all[index].first), index);
    EXPECT_EQ(read_all(view, index), all[index].second);
  }
  EXPECT_EQ(view.find(0), std::nullopt);
  EXPECT_EQ(view.find(61), std::nullopt);
  EXPECT_TRUE(view.faults().empty());
  EXPECT_TRUE(view.check().empty());
}

TEST(view, sums_up) {
  const scratch dir;
  const auto all = make(dir.log(), 60);
  {
    auto log = must_open(dir.log(), tiny_chunks);
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE(log->reader().next().ok());
    }
    ASSERT_TRUE(log->reader().acknowledge(1).ok());
    ASSERT_TRUE(log->reader().acknowledge(3).ok());
  }
  const auto view = must_view(dir.log());
  const auto& sum = view.summary();
  std::uint64_t payloads = 0;
  for (const auto& record : all) payloads += record.second.size();
  EXPECT_EQ(sum.records, 60U);
  EXPECT_EQ(sum.payload_bytes, payloads);
  EXPECT_EQ(sum.bytes, payloads + std::uint64_t{60} * 16);
  EXPECT_EQ(sum.first_id, 1U);
  EXPECT_EQ(sum.last_id, 60U);
  EXPECT_EQ(sum.next_id, 61U);
  EXPECT_EQ(sum.last_acknowledged, 1U);
  EXPECT_EQ(sum.torn_bytes, 0U);
  EXPECT_TRUE(sum.ledger_valid);
  EXPECT_EQ(sum.reader_chunk, 0U);
  ASSERT_FALSE(sum.chunks.empty());
  EXPECT_EQ(sum.writer_chunk, sum.chunks.back().number);
  EXPECT_EQ(sum.durable_bytes, sum.chunks.back().bytes);
  std::uint64_t records = 0;
  for (const auto& chunk : sum.chunks) {
    records += chunk.records;
    EXPECT_EQ(chunk.bytes, std::filesystem::file_size(dir.log() / chunk.file));
  }
  EXPECT_EQ(records, 60U);
}

TEST(view, refuses_what_it_cannot_give) {
  const scratch dir;
  make(dir.log(), 3);
  auto view = must_view(dir.log());
  std::vector<std::byte> out(13);
  EXPECT_EQ(view.read(3, out).error, errc::no_such_record);
  EXPECT_EQ(view.read(2, out).error, errc::span_too_small);
  EXPECT_TRUE(view.read(1, out).ok());
}

TEST(view, of_an_open_directory_looks_at_no_path) {
  const scratch dir;
  const auto all = make(dir.log(), 20);
  const unique_fd directory(::open(dir.log().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  std::filesystem::rename(dir.log(), dir / "elsewhere");
  make(dir.log(), 3);
  auto opened = log_view::open(directory.get(), dir / "told");
  ASSERT_TRUE(opened.ok()) << opened.message;
  ASSERT_EQ(opened.view->size(), all.size());
  EXPECT_EQ(read_all(*opened.view, 19), all[19].second);
  spill(dir / "elsewhere" / "0000.chunk", "");
  const auto hurt = log_view::open(directory.get(), dir / "told");
  ASSERT_FALSE(hurt.view->faults().empty());
  EXPECT_TRUE(hurt.view->faults()[0].sentence.starts_with((dir / "told").string()))
      << hurt.view->faults()[0].sentence;
}

TEST(view, reads_on_when_its_files_are_deleted) {
  const scratch dir;
  const auto all = make(dir.log(), 60);
  auto view = must_view(dir.log());
  ASSERT_GT(view.summary().chunks.size(), 3U);
  std::filesystem::remove_all(dir.log());
  for (std::size_t index = all.size(); index-- > 0;) {
    EXPECT_EQ(read_all(view, index), all[index].second);
  }
}

TEST(view, reads_more_chunks_than_it_keeps_open) {
  const scratch dir;
  const auto how = limited(64, 1);
  records all;
  {
    const auto log = must_open(dir.log(), how);
    for (std::uint64_t i = 0; i < 100; ++i) {
      all.emplace_back(must_append(*log, payload(i, 40)), payload(i, 40));
    }
  }
  auto view = must_view(dir.log());
  ASSERT_EQ(view.summary().chunks.size(), 100U);
  for (std::size_t index = all.size(); index-- > 0;) {
    EXPECT_EQ(read_all(view, index), all[index].second);
  }
}

TEST(view, stops_when_asked) {
  const scratch dir;
  make(dir.log(), 20);
  std::stop_source stop;
  stop.request_stop();
  view_options how;
  how.stop = stop.get_token();
  EXPECT_EQ(log_view::open(dir.log(), how).error, errc::cancelled);
}

TEST(view, of_nothing) {
  const scratch dir;
  EXPECT_EQ(log_view::open(dir.log()).error, std::errc::no_such_file_or_directory);
  std::filesystem::create_directory(dir.log());
  EXPECT_EQ(log_view::open(dir.log()).error, errc::not_a_log);
  EXPECT_TRUE(std::filesystem::is_empty(dir.log()));
  must_open(dir.log());
  const auto view = must_view(dir.log());
  EXPECT_EQ(view.size(), 0U);
  EXPECT_TRUE(view.faults().empty());
}

TEST(view, changes_nothing_and_needs_no_write_permission) {
  const scratch dir;
  make(dir.log(), 20);
  const auto last = last_chunk(dir.log());
  // A torn tail, which opening for writing would repair.
  spill(last, slurp(last) + "torn");
  const auto before = contents(dir.log());
  using std::filesystem::perms;
  for (const auto& entry : std::filesystem::directory_iterator(dir.log())) {
    std::filesystem::permissions(entry, perms::owner_read);
  }
  std::filesystem::permissions(dir.log(), perms::owner_read | perms::owner_exec);
  {
    auto view = must_view(dir.log());
    EXPECT_EQ(view.size(), 20U);
    EXPECT_EQ(view.summary().torn_bytes, 4U);
    ASSERT_EQ(view.faults().size(), 1U);
    EXPECT_EQ(view.faults()[0].kind, fault_kind::torn_tail);
    EXPECT_TRUE(view.check().empty());
    EXPECT_EQ(contents(dir.log()), before);
  }
  std::filesystem::permissions(dir.log(), perms::owner_all);
  std::filesystem::remove(dir.log() / "buffer.lock");
  EXPECT_EQ(must_view(dir.log()).size(), 20U);
  EXPECT_FALSE(std::filesystem::exists(dir.log() / "buffer.lock"));
}

TEST(view, finds_a_flip_of_any_byte) {
  const scratch dir;
  const auto all = make(dir.log(), 20);
  const auto pristine = contents(dir.log());
  for (const auto& [name, bytes] : pristine) {
    if (!name.ends_with(".chunk")) continue;
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      SCOPED_TRACE(name + " " + std::to_string(at));
      flip(dir.log() / name, at);
      auto view = must_view(dir.log());
      auto faults = view.faults();
      const auto rotten = view.check();
      faults.insert(faults.end(), rotten.begin(), rotten.end());
      ASSERT_FALSE(faults.empty());
      EXPECT_EQ(faults[0].file, name);
      EXPECT_LE(faults[0].offset, at);
      EXPECT_FALSE(faults[0].sentence.empty());
      EXPECT_NE(faults[0].kind, fault_kind::torn_tail);
      // One byte costs one record: all others are still found and whole.
      std::size_t whole = 0;
      for (std::size_t i = 0; i < view.size(); ++i) {
        std::vector<std::byte> out(view.entries()[i].payload_bytes);
        if (view.read(i, out).ok()) {
          ++whole;
          EXPECT_EQ(text_of(out), all[static_cast<std::size_t>(view.entries()[i].id - 1)].second);
        }
      }
      EXPECT_EQ(whole, all.size() - 1);
      spill(dir.log() / name, bytes);
    }
  }
}

TEST(view, reports_a_missing_chunk_and_a_bad_ledger) {
  const scratch dir;
  make(dir.log(), 20);
  std::filesystem::remove(dir.log() / "0001.chunk");
  {
    const auto view = must_view(dir.log());
    ASSERT_FALSE(view.faults().empty());
    EXPECT_EQ(view.faults()[0].kind, fault_kind::missing_data);
    EXPECT_EQ(view.faults()[0].file, "0001.chunk");
    EXPECT_TRUE(std::ranges::any_of(view.faults(),
                                    [](const fault& f) { return f.kind == fault_kind::id_gap; }));
  }
  spill(dir.log() / "ledger.state", std::string(2000, 'x'));
  const auto view = must_view(dir.log());
  EXPECT_FALSE(view.summary().ledger_valid);
  ASSERT_FALSE(view.faults().empty());
  EXPECT_EQ(view.faults()[0].kind, fault_kind::bad_ledger);
}

TEST(view, reports_what_the_ledger_promises_and_the_chunks_lack) {
  const scratch dir;
  make(dir.log(), 20);
  const auto last = last_chunk(dir.log());
  std::filesystem::resize_file(last, 0);
  const auto view = must_view(dir.log());
  ASSERT_FALSE(view.faults().empty());
  EXPECT_EQ(view.faults()[0].kind, fault_kind::missing_data);
  EXPECT_EQ(view.faults()[0].file, last.filename().string());
}

}  // namespace
}  // namespace annulus::chunklog::test
