// repair: what is whole is kept, in order and with its ID; the result is a log like any other.
#include <annulus/chunklog/repair.hpp>

#include "damaged.hpp"
#include "support.hpp"
#include "support/thinned.hpp"

namespace annulus::chunklog::test {
namespace {

namespace fs = std::filesystem;

log_repair must_plan(const fs::path& path, repair_kind kind, reading_options how = {}) {
  if (how.files == nullptr) how.files = &unsynced();
  auto opened = log_repair::open(path, kind, how);
  if (!opened.ok()) throw std::runtime_error(opened.message);
  return std::move(*opened.repair);
}

// Every whole record of a log that no one has open.
records all_of(const fs::path& path) {
  records all;
  auto opened = log_view::open(path);
  if (!opened.ok()) throw std::runtime_error(opened.message);
  auto& view = *opened.view;
  for (std::size_t i = 0; i < view.size(); ++i) {
    std::vector<std::byte> out(view.entries()[i].payload_bytes);
    EXPECT_TRUE(view.read(i, out).ok());
    all.emplace_back(view.entries()[i].id, text_of(out));
  }
  return all;
}

// A repaired log verifies, opens, and opening changes nothing more.
void expect_whole(const fs::path& path) {
  const auto found = verify(path);
  EXPECT_TRUE(found.whole()) << (found.faults.empty() ? found.message : found.faults[0].sentence);
  options how;
  how.files = &unsynced();
  must_open(path, how);
  const auto before = contents(path);
  must_open(path, how);
  EXPECT_EQ(contents(path), before);
  EXPECT_TRUE(verify(path).whole());
}

records without(records all, const std::vector<lost_records>& lost) {
  std::erase_if(all, [&](const auto& record) {
    return std::ranges::any_of(lost, [&](const lost_records& range) {
      return record.first >= range.first_id && record.first <= range.last_id;
    });
  });
  return all;
}

// Repairs a copy and the log itself; both must hold `expected` and go on behind ID `last`.
void expect_repaired(const scratch& dir, const records& expected, std::uint64_t last) {
  const auto damaged = contents(dir.log());
  fs::remove_all(dir / "copy");
  {
    auto repair = must_plan(dir.log(), repair_kind::copy);
    EXPECT_EQ(repair.plan().records, expected.size());
    EXPECT_EQ(repair.plan().next_id, last + 1);
    const auto done = repair.copy_to(dir / "copy");
    ASSERT_TRUE(done.ok()) << done.message;
  }
  EXPECT_EQ(contents(dir.log()), damaged);
  expect_whole(dir / "copy");
  EXPECT_EQ(all_of(dir / "copy"), expected);
  {
    auto repair = must_plan(dir.log(), repair_kind::in_place);
    const auto done = repair.apply();
    ASSERT_TRUE(done.ok()) << done.message;
  }
  expect_whole(dir.log());
  EXPECT_EQ(all_of(dir.log()), expected);
  options how;
  how.files = &unsynced();
  const auto log = must_open(dir.log(), how);
  EXPECT_EQ(must_append(*log, "next"), last + 1);
}

void restore(const fs::path& path, const std::map<std::string, std::string>& files) {
  fs::remove_all(path);
  fs::create_directory(path);
  for (const auto& [name, bytes] : files) spill(path / name, bytes);
}

TEST(repair, changes_nothing_in_a_whole_log) {
  const scratch dir;
  const auto all = make_log(dir.log(), 60);
  const auto before = contents(dir.log());
  {
    auto repair = must_plan(dir.log(), repair_kind::in_place);
    EXPECT_FALSE(repair.plan().needed());
    EXPECT_TRUE(repair.plan().lost.empty());
    EXPECT_TRUE(repair.plan().rewritten.empty());
    EXPECT_EQ(repair.plan().records, 60U);
    EXPECT_EQ(repair.plan().bytes, repair.plan().before.bytes);
    ASSERT_TRUE(repair.apply().ok());
  }
  EXPECT_EQ(contents(dir.log()), before);
  ASSERT_TRUE(must_plan(dir.log(), repair_kind::copy).copy_to(dir / "copy").ok());
  expect_whole(dir / "copy");
  EXPECT_EQ(all_of(dir / "copy"), all);
}

TEST(repair, keeps_all_but_the_record_of_a_flipped_byte) {
  const scratch dir;
  const auto all = make_log(dir.log(), 9, 200, 40);
  const auto pristine = contents(dir.log());
  for (const auto& [name, bytes] : pristine) {
    for (std::size_t at = 0; at < bytes.size(); at += support::thinned) {
      const bool ledger = name == "ledger.state";
      if (ledger && !in_a_slot(bytes, at)) continue;
      SCOPED_TRACE(name + " " + std::to_string(at));
      flip(dir.log() / name, at);
      records expected = all;
      {
        const auto repair = must_plan(dir.log(), repair_kind::copy);
        EXPECT_TRUE(repair.plan().needed());
        EXPECT_EQ(repair.plan().lost.size(), ledger ? 0U : 1U);
        expected = without(all, repair.plan().lost);
        for (const auto& range : repair.plan().lost) {
          EXPECT_EQ(range.first_id, range.last_id);
          ASSERT_EQ(range.places.size(), 1U);
          EXPECT_EQ(range.places[0].file, name);
          EXPECT_LE(range.places[0].offset, at);
          EXPECT_GT(range.places[0].offset + range.places[0].bytes, at);
        }
      }
      expect_repaired(dir, expected, 9);
      restore(dir.log(), pristine);
    }
  }
}

TEST(repair, keeps_what_a_truncation_leaves) {
  const scratch dir;
  const auto all = make_log(dir.log(), 9, 200, 40);
  const auto pristine = contents(dir.log());
  for (const auto& [name, bytes] : pristine) {
    for (std::size_t size = 0; size < bytes.size(); size += 7 * support::thinned) {
      SCOPED_TRACE(name + " " + std::to_string(size));
      spill(dir.log() / name, bytes.substr(0, size));
      const auto found = verify(dir.log());
      ASSERT_TRUE(found.ok()) << found.message;
      records expected = all;
      if (!found.whole()) {
        expected = without(all, must_plan(dir.log(), repair_kind::copy).plan().lost);
        EXPECT_EQ(expected.size(), found.summary.records);
        expect_repaired(dir, expected, 9);
      }
      restore(dir.log(), pristine);
    }
  }
}

TEST(repair, bridges_a_missing_chunk) {
  const scratch dir;
  const auto all = make_log(dir.log(), 60);
  fs::remove(dir.log() / "0002.chunk");
  records expected;
  {
    const auto repair = must_plan(dir.log(), repair_kind::copy);
    ASSERT_EQ(repair.plan().lost.size(), 1U);
    ASSERT_EQ(repair.plan().lost[0].places.size(), 1U);
    EXPECT_EQ(repair.plan().lost[0].places[0].file, "0002.chunk");
    EXPECT_EQ(repair.plan().lost[0].places[0].bytes, 0U);
    EXPECT_EQ(repair.plan().created, std::vector<std::string>{"0002.chunk"});
    expected = without(all, repair.plan().lost);
    EXPECT_LT(expected.size(), all.size());
  }
  expect_repaired(dir, expected, 60);
}

TEST(repair, does_without_the_first_and_the_last_chunk) {
  for (const bool first : {true, false}) {
    const scratch dir;
    const auto all = make_log(dir.log(), 60);
    fs::remove(first ? dir.log() / "0000.chunk" : last_chunk(dir.log()));
    records expected;
    {
      const auto repair = must_plan(dir.log(), repair_kind::copy);
      ASSERT_EQ(repair.plan().lost.size(), 1U);
      EXPECT_EQ(repair.plan().lost[0].first_id == 1, first);
      EXPECT_EQ(repair.plan().lost[0].last_id == 60, !first);
      expected = without(all, repair.plan().lost);
    }
    expect_repaired(dir, expected, 60);
  }
}

TEST(repair, of_a_log_without_a_record_goes_on_behind_its_ids) {
  const scratch dir;
  make_log(dir.log(), 60);
  for (const auto& [name, bytes] : contents(dir.log())) {
    if (name.ends_with(".chunk")) spill(dir.log() / name, "");
  }
  expect_repaired(dir, {}, 60);
}

TEST(repair, keeps_whole_records_behind_damage_above_the_durable_mark) {
  const scratch dir;
  const scratch crashed;
  {
    auto log = must_open(dir.log());
    must_append(*log, "durable");
    ASSERT_TRUE(log->writer().sync().ok());
    for (int i = 0; i < 4; ++i) must_append(*log, "written");
    ASSERT_TRUE(log->writer().flush().ok());
    snapshot(dir.log(), crashed.log());
  }
  auto expected = all_of(crashed.log());
  ASSERT_EQ(expected.size(), 5U);
  flip(crashed.log() / "0000.chunk", 16 + 7 + 16);
  expected.erase(expected.begin() + 1);
  expect_repaired(crashed, expected, 5);
}

TEST(repair, cuts_off_a_torn_tail) {
  const scratch dir;
  const auto all = make_log(dir.log(), 20);
  const auto last = last_chunk(dir.log());
  spill(last, slurp(last) + std::string(30, 'x'));
  {
    const auto repair = must_plan(dir.log(), repair_kind::copy);
    ASSERT_EQ(repair.plan().lost.size(), 1U);
    EXPECT_TRUE(repair.plan().lost[0].torn_tail);
    EXPECT_EQ(repair.plan().lost[0].first_id, 0U);
    EXPECT_EQ(repair.plan().lost[0].places[0].bytes, 30U);
  }
  expect_repaired(dir, all, 20);
}

TEST(repair, does_not_give_up_twice) {
  const scratch dir;
  auto all = make_log(dir.log(), 60);
  flip(dir.log() / "0001.chunk", 20);
  const auto first = must_plan(dir.log(), repair_kind::copy).plan().lost;
  ASSERT_TRUE(must_plan(dir.log(), repair_kind::in_place).apply().ok());
  auto found = verify(dir.log());
  EXPECT_EQ(found.summary.lost_records, 1U);
  flip(dir.log() / "0003.chunk", 20);
  const auto second = must_plan(dir.log(), repair_kind::copy).plan();
  ASSERT_EQ(second.lost.size(), 1U);
  EXPECT_NE(second.lost[0].first_id, first[0].first_id);
  EXPECT_EQ(second.rewritten.size(), 1U);
  expect_repaired(dir, without(without(all, first), second.lost), 60);
}

TEST(repair, keeps_acknowledgements) {
  const scratch dir;
  make_log(dir.log(), 60);
  options how;
  how.chunk_bytes = 400;
  {
    const auto log = must_open(dir.log(), how);
    for (std::uint64_t id = 1; id <= 25; ++id) {
      ASSERT_TRUE(log->reader().next().ok());
      ASSERT_TRUE(log->reader().acknowledge(id).ok());
    }
    ASSERT_TRUE(log->close().ok());
  }
  const auto view = log_view::open(dir.log());
  const auto entry = view.view->entries()[*view.view->find(26)];
  const auto name = std::string("000") + "0123456789abcdef"[entry.chunk] + ".chunk";
  flip(dir.log() / name, static_cast<std::size_t>(entry.offset) + 16);
  fs::remove_all(dir / "copy");
  auto repair = must_plan(dir.log(), repair_kind::copy);
  // Record 26 is lost, so nobody can acknowledge it.
  EXPECT_EQ(repair.plan().last_acknowledged, 26U);
  ASSERT_TRUE(repair.copy_to(dir / "copy").ok());
  const auto log = must_open(dir / "copy", how);
  EXPECT_EQ(log->reader().acknowledged(), 26U);
  const auto record = log->reader().next();
  ASSERT_TRUE(record.ok()) << record.message;
  EXPECT_EQ(record.id, 27U);
}

TEST(repair, lets_a_reader_pass_and_frees_what_it_has_passed) {
  const scratch dir;
  const auto all = make_log(dir.log(), 60);
  flip(dir.log() / "0001.chunk", 20);
  fs::remove(dir.log() / "0003.chunk");
  flip(last_chunk(dir.log()), 20);
  records expected;
  {
    auto repair = must_plan(dir.log(), repair_kind::in_place);
    expected = without(all, repair.plan().lost);
    ASSERT_TRUE(repair.apply().ok());
  }
  options how;
  how.chunk_bytes = 400;
  how.files = &unsynced();
  {
    const auto log = must_open(dir.log(), how);
    ASSERT_TRUE(log->writer().close().ok());
    EXPECT_EQ(drain(*log), expected);
    for (const auto& record : expected) {
      ASSERT_TRUE(log->reader().acknowledge(record.first).ok());
    }
    EXPECT_EQ(log->reader().acknowledged(), 60U);
    ASSERT_TRUE(log->reader().sync().ok());
  }
  EXPECT_EQ(verify(dir.log()).summary.chunks.size(), 1U);
  EXPECT_TRUE(verify(dir.log()).whole());
}

TEST(repair, in_place_loses_nothing_wherever_it_dies) {
  const scratch dir;
  const auto all = make_log(dir.log(), 60);
  flip(dir.log() / "0001.chunk", 20);
  flip(dir.log() / "0003.chunk", 20);
  fs::remove(dir.log() / "0005.chunk");
  const auto last = last_chunk(dir.log());
  flip(last, slurp(last).size() - 1);
  const auto damaged = contents(dir.log());
  const auto expected = without(all, must_plan(dir.log(), repair_kind::copy).plan().lost);
  int deaths = 0;
  for (bool died = true; died; ++deaths) {
    SCOPED_TRACE(deaths);
    restore(dir.log(), damaged);
    dying files(deaths);
    reading_options how;
    how.files = &files;
    const auto done = must_plan(dir.log(), repair_kind::in_place, how).apply();
    died = files.dead();
    EXPECT_EQ(done.ok(), !died);
    EXPECT_EQ(verify(dir.log()).summary.records, expected.size());
    expect_repaired(dir, expected, 60);
    for (const auto& [name, bytes] : contents(dir.log())) EXPECT_FALSE(name.ends_with(".repair"));
  }
  EXPECT_GT(deaths, 15);
}

TEST(repair, copies_around_what_cannot_be_read) {
  const scratch dir;
  const auto all = make_log(dir.log(), 400, 64 << 10);
  lost_sector files("0000.chunk", 4096, 512);
  reading_options how;
  how.files = &files;
  auto repair = must_plan(dir.log(), repair_kind::copy, how);
  ASSERT_EQ(repair.plan().lost.size(), 1U);
  const auto done = repair.copy_to(dir / "copy");
  ASSERT_TRUE(done.ok()) << done.message;
  expect_whole(dir / "copy");
  EXPECT_EQ(all_of(dir / "copy"), without(all, repair.plan().lost));
}

TEST(repair, refuses_a_full_directory_and_a_log_in_use) {
  const scratch dir;
  make_log(dir.log(), 5);
  auto repair = must_plan(dir.log(), repair_kind::copy);
  const auto done = repair.copy_to(dir.log());
  EXPECT_EQ(done.error, std::errc::directory_not_empty);
  EXPECT_NE(done.message.find(dir.log().string()), std::string::npos);
  EXPECT_EQ(log_repair::open(dir.log(), repair_kind::in_place).error, errc::locked);
  EXPECT_EQ(log_repair::open(dir / "absent", repair_kind::copy).error,
            std::errc::no_such_file_or_directory);
}

}  // namespace
}  // namespace annulus::chunklog::test
