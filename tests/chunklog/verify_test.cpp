// verify: every fault is named, whatever reads it, and nothing is changed.
#include <annulus/chunklog/verify.hpp>
#include <mutex>

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
