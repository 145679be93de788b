// verify: every fault is named, whatever reads it, and nothing is changed.
#include <algorithm>
#include <annulus/chunklog/verify.hpp>
#include <condition_variable>
#include <mutex>
#include <set>
#include <sstream>
#include <thread>

#include "damaged.hpp"
#include "support.hpp"

namespace annulus::chunklog::test {
namespace {

TEST(verify, finds_nothing_in_a_whole_log) {
  const scratch dir;
  const auto all = make_log(dir.log(), 60);
  const auto before = contents(dir.log());
  std::uint64_t read = 0;
  reading_options how;
  how.progress = [&](std::uint64_t bytes) { read = bytes; };
  const auto found = verify(dir.log(), how);
  ASSERT_TRUE(found.ok()) << found.message;
  EXPECT_TRUE(found.whole());
  EXPECT_EQ(found.summary.records, all.size());
  EXPECT_EQ(found.summary.last_id, all.size());
  EXPECT_EQ(read, found.summary.bytes);
  EXPECT_EQ(contents(dir.log()), before);
}

TEST(verify, names_file_offset_id_and_kind) {
  const scratch dir;
  make_log(dir.log(), 60);
  const auto view = log_view::open(dir.log());
  const auto entry = view.view->entries()[30];
  const auto name = view.view->summary().chunks.at(entry.chunk).file;
  flip(dir.log() / name, static_cast<std::size_t>(entry.offset) + record_layout::payload);
  const auto found = verify(dir.log());
  ASSERT_EQ(found.faults.size(), 1U);
  const auto& fault = found.faults[0];
  EXPECT_EQ(fault.kind, fault_kind::corrupt_record);
  EXPECT_STREQ(name_of(fault.kind), "corrupt_record");
  EXPECT_EQ(fault.file, name);
  EXPECT_EQ(fault.offset, entry.offset);
  EXPECT_EQ(fault.id, entry.id);
  EXPECT_NE(fault.sentence.find((dir.log() / name).string()), std::string::npos);
  EXPECT_EQ(found.summary.records, 59U);
}

TEST(verify, finds_a_flip_of_any_byte) {
  const scratch dir;
  make_log(dir.log(), 20);
  for (const auto& [name, bytes] : contents(dir.log())) {
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      SCOPED_TRACE(name + " " + std::to_string(at));
      if (name == "ledger.state" && !in_a_slot(bytes, at)) continue;
      flip(dir.log() / name, at);
      const auto found = verify(dir.log());
      ASSERT_FALSE(found.faults.empty());
      EXPECT_EQ(found.faults[0].file, name);
      EXPECT_LE(found.faults[0].offset, at);
      EXPECT_EQ(found.summary.records, name == "ledger.state" ? 20U : 19U);
      spill(dir.log() / name, bytes);
    }
  }
}

TEST(verify, says_the_same_with_any_number_of_threads) {
  const scratch dir;
  make_log(dir.log(), 200);
  std::size_t chunk = 0;
  for (const auto& [name, bytes] : contents(dir.log())) {
    if (name.ends_with(".chunk") && ++chunk % 2 == 0) flip(dir.log() / name, bytes.size() / 2);
  }
  reading_options one;
  one.threads = 1;
  const auto expected = verify(dir.log(), one);
  EXPECT_GE(expected.faults.size(), 5U);
  for (const unsigned threads : {2U, 3U, 8U}) {
    reading_options how;
    how.threads = threads;
    const auto found = verify(dir.log(), how);
    ASSERT_EQ(found.faults.size(), expected.faults.size());
    for (std::size_t i = 0; i < found.faults.size(); ++i) {
      EXPECT_EQ(found.faults[i].sentence, expected.faults[i].sentence);
      EXPECT_EQ(found.faults[i].id, expected.faults[i].id);
    }
    EXPECT_EQ(found.summary.records, expected.summary.records);
  }
}

// All that verify says, in words.
std::string report_of(const verified& found) {
  std::ostringstream out;
  const auto& sum = found.summary;
  out << found.error << found.message << '\n'
      << sum.bytes << ' ' << sum.records << ' ' << sum.payload_bytes << ' ' << sum.lost_records
      << ' ' << sum.first_id << ' ' << sum.last_id << ' ' << sum.torn_bytes << ' '
      << sum.durable_bytes << '\n';
  for (const auto& each : sum.chunks) {
    out << each.file << ' ' << each.bytes << ' ' << each.records << '\n';
  }
  for (const auto& each : found.faults) {
    out << name_of(each.kind) << ' ' << each.file << ' ' << each.offset << ' ' << each.id << ' '
        << each.sentence << '\n';
  }
  return out.str();
}

std::string report_by(unsigned threads, const std::filesystem::path& path) {
  reading_options how;
  how.threads = threads;
  return report_of(verify(path, how));
}

std::string expect_one_report(const std::filesystem::path& path) {
  auto expected = report_by(1, path);
  EXPECT_EQ(report_by(2, path), expected);
  return expected;
}

// A chunk of which threads walk parts of 8 MiB each.
records make_one_large_chunk(const std::filesystem::path& path) {
  auto all = make_log(path, 800, 128 << 20, 30'000);
  EXPECT_GT(std::filesystem::file_size(path / "0000.chunk"), 3U * (8U << 20U));
  return all;
}

// Holds up the first thread that reads of a chunk until a second one does, too.
class shared_reading final : public passing_files {
 public:
  shared_reading() : passing_files(system_files()) {}
  transfer read(int fd, bytes_span to, std::uint64_t offset) override {
    if (to.size() > 4096) {
      std::unique_lock hold(mutex_);
      readers_.insert(std::this_thread::get_id());
      come_.notify_all();
      // The minutes are for a hang.
      come_.wait_for(hold, std::chrono::minutes(2), [&] { return readers_.size() > 1; });
    }
    return passing_files::read(fd, to, offset);
  }
  [[nodiscard]] std::size_t readers() const { return readers_.size(); }

 private:
  std::mutex mutex_;
  std::condition_variable come_;
  std::set<std::thread::id> readers_;
};

TEST(verify, of_one_large_chunk_is_shared_by_threads) {
  const scratch dir;
  const auto all = make_one_large_chunk(dir.log());
  shared_reading files;
  std::uint64_t read = 0;
  reading_options how;
  how.files = &files;
  how.threads = 2;
  how.progress = [&](std::uint64_t bytes) { read = bytes; };
  const auto found = verify(dir.log(), how);
  EXPECT_TRUE(found.whole());
  EXPECT_EQ(found.summary.records, all.size());
  EXPECT_EQ(read, found.summary.bytes);
  EXPECT_EQ(files.readers(), 2U);
  expect_one_report(dir.log());
}

TEST(verify, of_one_large_chunk_says_the_same_with_any_number_of_threads) {
  const scratch dir;
  make_one_large_chunk(dir.log());
  const auto chunk = dir.log() / "0000.chunk";
  const auto whole = slurp(chunk);
  const auto view = log_view::open(dir.log());
  const auto entries = view.view->entries();
  const auto second = static_cast<std::size_t>(
      std::find_if(entries.begin(), entries.end(),
                   [](const record_entry& each) { return each.offset >= (8U << 20U); }) -
      entries.begin());
  const std::size_t part = 8U << 20U;
  for (const auto record : {std::size_t{0}, second - 1, second}) {
    for (const std::size_t field : {record_layout::length + 2, record_layout::payload + 50}) {
      SCOPED_TRACE(std::to_string(record) + " " + std::to_string(field));
      auto bytes = whole;
      auto& byte = bytes[static_cast<std::size_t>(entries[record].offset) + field];
      byte = static_cast<char>(byte ^ 0x11);
      spill(chunk, bytes);
      EXPECT_NE(expect_one_report(dir.log()).find("corrupt_record"), std::string::npos);
    }
  }
  for (const std::size_t end : {part, 2 * part + 1}) {
    SCOPED_TRACE(end);
    spill(chunk, whole.substr(0, end));
    expect_one_report(dir.log());
  }
  auto zeroed = whole;
  std::fill_n(zeroed.begin() + static_cast<std::ptrdiff_t>(2 * part - 50'000), 100'000, '\0');
  spill(chunk, zeroed);
  expect_one_report(dir.log());
}

// A part that begins within a record finds records there, with IDs that are possible.
TEST(verify, of_one_large_chunk_takes_no_content_for_records) {
  const scratch dir;
  make_one_large_chunk(dir / "content");
  const auto content = slurp(dir / "content" / "0000.chunk");
  {
    const auto log = must_open(dir.log());
    must_append(*log, "first");
    must_append(*log, content);
    for (int i = 0; i < 300; ++i) must_append(*log, payload(1, 40'000));
    ASSERT_TRUE(log->close().ok());
  }
  EXPECT_TRUE(verify(dir.log()).whole());
  expect_one_report(dir.log());
  flip(dir.log() / "0000.chunk", content.size() / 2);
  expect_one_report(dir.log());
}

TEST(verify, tells_a_torn_tail_from_damage_before_whole_records) {
  const scratch dir;
  const scratch crashed;
  {
    auto log = must_open(dir.log());
    for (int i = 0; i < 3; ++i) must_append(*log, "durable");
    ASSERT_TRUE(log->writer().sync().ok());
    for (int i = 0; i < 3; ++i) must_append(*log, "written");
    ASSERT_TRUE(log->writer().flush().ok());
    snapshot(dir.log(), crashed.log());
  }
  const auto chunk = last_chunk(crashed.log());
  const auto whole = slurp(chunk);
  EXPECT_TRUE(verify(crashed.log()).whole());
  spill(chunk, whole.substr(0, whole.size() - 1));
  auto found = verify(crashed.log());
  ASSERT_EQ(found.faults.size(), 1U);
  EXPECT_EQ(found.faults[0].kind, fault_kind::torn_tail);
  EXPECT_EQ(found.faults[0].id, 6U);
  spill(chunk, whole);
  flip(chunk, whole.size() / 2 + record_layout::payload);
  found = verify(crashed.log());
  ASSERT_EQ(found.faults.size(), 1U);
  EXPECT_EQ(found.faults[0].kind, fault_kind::corrupt_record);
  EXPECT_EQ(found.faults[0].id, 4U);
  EXPECT_EQ(found.summary.records, 5U);
}

TEST(verify, passes_by_what_cannot_be_read) {
  const scratch dir;
  const auto all = make_log(dir.log(), 400, 64 << 10);
  lost_sector files("0000.chunk", 4096, 512);
  reading_options how;
  how.files = &files;
  const auto found = verify(dir.log(), how);
  ASSERT_TRUE(found.ok()) << found.message;
  ASSERT_EQ(found.faults.size(), 1U);
  EXPECT_EQ(found.faults[0].kind, fault_kind::unreadable);
  EXPECT_GT(found.summary.records, all.size() - 50);
  EXPECT_LT(found.summary.records, all.size());
}

TEST(verify, refuses_what_it_cannot_check) {
  const scratch dir;
  EXPECT_EQ(verify(dir.log()).error, std::errc::no_such_file_or_directory);
  std::filesystem::create_directory(dir.log());
  EXPECT_EQ(verify(dir.log()).error, errc::not_a_log);
  const auto log = must_open(dir.log());
  const auto busy = verify(dir.log());
  EXPECT_EQ(busy.error, errc::locked);
  EXPECT_FALSE(busy.whole());
}

TEST(verify, stops_when_asked) {
  const scratch dir;
  make_log(dir.log(), 100, 64 << 20, 90'000);
  std::stop_source stop;
  reading_options how;
  how.stop = stop.get_token();
  how.progress = [&](std::uint64_t) { stop.request_stop(); };
  EXPECT_EQ(verify(dir.log(), how).error, errc::cancelled);
}

TEST(verify, finds_a_ledger_that_contradicts_the_chunks) {
  const scratch dir;
  make_log(dir.log(), 5, 1 << 20);
  auto slot = independent::parse_slot(slurp(dir.log() / "ledger.state"));
  slot.sequence = 1;  // the only one of its ledger
  const auto put = [&](independent::slot changed) {
    spill(dir.log() / "ledger.state", independent::make_ledger(changed));
  };
  auto changed = slot;
  changed.durable -= 1;
  put(changed);
  auto found = verify(dir.log());
  ASSERT_FALSE(found.faults.empty());
  EXPECT_EQ(found.faults[0].kind, fault_kind::bad_ledger);
  EXPECT_EQ(chunk_log::open(dir.log()).error, errc::corrupt_ledger);
  changed = slot;
  changed.next_id += 1;
  put(changed);
  found = verify(dir.log());
  ASSERT_FALSE(found.faults.empty());
  EXPECT_EQ(found.faults[0].kind, fault_kind::bad_ledger);
  EXPECT_EQ(found.faults[0].id, slot.next_id);
  EXPECT_EQ(chunk_log::open(dir.log()).error, errc::corrupt_ledger);
  put(slot);
  EXPECT_TRUE(verify(dir.log()).whole());
}

}  // namespace
}  // namespace annulus::chunklog::test
