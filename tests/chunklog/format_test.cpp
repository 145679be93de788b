// The bytes on the disk, checked by a reader that shares nothing with the log.
#include "format.hpp"

#include <array>

#include "support.hpp"

namespace annulus::chunklog::test {
namespace {

TEST(format, the_crc_is_ieee) {
  const std::string check = "123456789";
  EXPECT_EQ(independent::crc32(check), 0xCBF43926U);
  // Eight bytes of it as the ID, the last one as the payload.
  const std::string last = "9";
  const auto part = view_of(last);
  EXPECT_EQ(checksum_of(independent::little(check, 0, 8), {&part, 1}), 0xCBF43926U);
}

TEST(format, a_record_byte_by_byte) {
  const scratch dir;
  {
    auto log = must_open(dir.log());
    must_append(*log, "ring");
  }
  const std::string body("\1\0\0\0\0\0\0\0ring", 12);
  EXPECT_EQ(slurp(dir.log() / "0000.chunk"),
            std::string("\0\0\0\x10", 4) + independent::little(independent::crc32(body), 4) + body);
}

TEST(format, an_independent_reader_gets_the_same) {
  const scratch dir;
  records expected;
  {
    auto log = must_open(dir.log(), limited(5000, 700));
    for (std::uint64_t i = 0; i < 200; ++i) {
      const auto text = payload(i, i * 13 % 900);
      expected.emplace_back(must_append(*log, text), text);
    }
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE(log->reader().next().ok());
      ASSERT_TRUE(log->reader().acknowledge(static_cast<std::uint64_t>(i) + 1).ok());
    }
    ASSERT_TRUE(log->close().ok());
  }
  records found;
  std::size_t chunks = 0;
  for (const auto& [name, bytes] : contents(dir.log())) {
    if (!name.ends_with(".chunk")) continue;
    ++chunks;
    for (const auto& record : independent::parse(bytes)) {
      found.emplace_back(record.id, record.payload);
    }
  }
  EXPECT_EQ(found, expected);

  const auto ledger = slurp(dir.log() / "ledger.state");
  EXPECT_EQ(ledger.substr(0, 24), independent::little(chunks - 1, 2) + independent::little(0, 2) +
                                      independent::little(0, 4) + independent::little(201, 8) +
                                      independent::little(3, 8));
  const auto slot = independent::parse_slot(ledger);
  EXPECT_GT(slot.sequence, chunks);
  EXPECT_EQ(slot.writer, chunks - 1);
  EXPECT_EQ(slot.reader, 0U);
  EXPECT_EQ(slot.next_id, 201U);
  EXPECT_EQ(slot.acknowledged, 3U);
  char last[16];
  std::snprintf(last, sizeof last, "%04zx.chunk", chunks - 1);
  EXPECT_EQ(slot.durable, slurp(dir.log() / last).size());
}

TEST(format, a_log_written_by_hand_is_read) {
  const scratch dir;
  std::filesystem::create_directory(dir.log());
  const auto body = independent::little(41, 8) + "by hand";
  const auto chunk =
      std::string("\0\0\0\x13", 4) + independent::little(independent::crc32(body), 4) + body;
  spill(dir.log() / "00ff.chunk", chunk);
  spill(dir.log() / "ledger.state",
        independent::make_ledger({7, 0xff, 0xff, 42, 40, chunk.size()}));
  EXPECT_EQ(reread(dir.log()), (records{{41, "by hand"}}));
}

// Vector's disk buffer stopped at file 65,534, and a small modulus in its tests hid that.
TEST(format, chunk_numbers_wrap) {
  const scratch dir;
  std::filesystem::create_directory(dir.log());
  spill(dir.log() / "ledger.state", independent::make_ledger({1, 0xfffe, 0xfffe, 1, 0, 0}));
  const options tiny = limited(64, 0);
  records expected;
  {
    auto log = must_open(dir.log(), tiny);
    for (std::uint64_t i = 0; i < 6; ++i) {
      const auto text = payload(i, 40);
      expected.emplace_back(must_append(*log, text), text);
    }
  }
  for (const auto* name : {"fffe", "ffff", "0000", "0001", "0002", "0003"}) {
    EXPECT_TRUE(std::filesystem::exists(dir.log() / (std::string(name) + ".chunk"))) << name;
  }
  {
    const auto view = log_view::open(dir.log());
    ASSERT_TRUE(view.ok()) << view.message;
    EXPECT_TRUE(view.view->faults().empty()) << view.view->faults().front().sentence;
    EXPECT_EQ(view.view->summary().last_id, 6U);
  }
  EXPECT_EQ(reread(dir.log(), tiny), expected);
  // Without a ledger the order comes from the numbers alone.
  std::filesystem::copy(dir.log(), dir / "lost");
  std::filesystem::remove(dir / "lost" / "ledger.state");
  EXPECT_EQ(reread(dir / "lost", tiny), expected);

  auto log = must_open(dir.log(), tiny);
  for (std::uint64_t id = 1; id <= 4; ++id) {
    EXPECT_EQ(log->reader().next().id, id);
    ASSERT_TRUE(log->reader().acknowledge(id).ok());
  }
  ASSERT_TRUE(log->writer().sync().ok());
  EXPECT_FALSE(std::filesystem::exists(dir.log() / "ffff.chunk"));
  EXPECT_FALSE(std::filesystem::exists(dir.log() / "0000.chunk"));
  EXPECT_TRUE(std::filesystem::exists(dir.log() / "0001.chunk"));
}

TEST(format, all_chunk_numbers_in_use_is_an_error_until_one_is_acknowledged) {
  const scratch dir;
  std::filesystem::create_directory(dir.log());
  const options tiny = limited(64, 0);
  // Chunk 0000 is the oldest, with a record; the others are empty, but there.
  {
    auto log = must_open(dir.log(), tiny);
    must_append(*log, payload(1, 40));
  }
  const auto first = slurp(dir.log() / "0000.chunk");
  const auto body = independent::little(2, 8) + payload(2, 40);
  const auto second =
      std::string("\0\0\0\x34", 4) + independent::little(independent::crc32(body), 4) + body;
  for (unsigned number = 1; number <= 0xffff; ++number) {
    char name[16];
    std::snprintf(name, sizeof name, "%04x.chunk", number);
    spill(dir.log() / name, number == 0xffff ? second : "");
  }
  spill(dir.log() / "ledger.state", independent::make_ledger({9, 0xffff, 0, 3, 0, second.size()}));
  auto log = must_open(dir.log(), tiny);
  EXPECT_EQ(log->writer().append(view_of(payload(3, 40))).error, errc::chunk_numbers_exhausted);
  EXPECT_EQ(log->reader().next().id, 1U);
  ASSERT_TRUE(log->reader().acknowledge(1).ok());
  EXPECT_EQ(log->reader().next().id, 2U);
  ASSERT_TRUE(log->reader().sync().ok());
  EXPECT_EQ(must_append(*log, payload(3, 40)), 3U);
  ASSERT_TRUE(log->writer().flush().ok());
  EXPECT_EQ(slurp(dir.log() / "0000.chunk").size(), 56U);
}

}  // namespace
}  // namespace annulus::chunklog::test
