// Any bytes as a log's ledger and chunks: nothing crashes or hangs, no payload whose CRC is wrong
// is delivered, a repaired log is whole, keeps what was, makes up nothing, and repairing or opening
// twice is doing it once.
#include <algorithm>
#include <annulus/chunklog/log.hpp>
#include <annulus/chunklog/repair.hpp>
#include <annulus/chunklog/tail.hpp>
#include <cstdint>
#include <set>
#include <string_view>

#include "chunklog/damaged.hpp"
#include "fuzz/differential.hpp"

namespace annulus::fuzz {
namespace {

using namespace chunklog;
using namespace chunklog::test;
namespace fs = std::filesystem;

// The first byte says how the others are made a log.
constexpr unsigned checksums_made_right = 1;  // else hardly any input gets past them
constexpr unsigned two_chunks = 2;
constexpr unsigned has_ledger = 4;
constexpr unsigned far_apart = 8;
constexpr unsigned in_wrong_order = 16;

std::string with_right_slots(std::string ledger) {
  for (const std::size_t at : {512U, 1024U}) {
    if (ledger.size() < at + 64) continue;
    const auto sum = independent::crc32(ledger.substr(at, 60));
    ledger.replace(at + 60, 4, independent::little(sum, 4));
  }
  return ledger;
}

// Follows the lengths as far as they go; makes the checksum of every second record right, so that
// rot stays possible.
std::string with_right_records(std::string chunk) {
  bool now = true;
  for (std::size_t at = 0; at + 16 <= chunk.size(); now = !now) {
    std::uint64_t length = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      length = length << 8U | static_cast<unsigned char>(chunk[at + i]);
    }
    const bool gap = length == 0xFFFFFFFF;
    if (gap) length = 20;
    if (length < 12 || at + 4 + length > chunk.size()) break;
    const auto body = chunk.substr(at + 8, static_cast<std::size_t>(length) - 4);
    if (now) chunk.replace(at + 4, 4, independent::little(independent::crc32(body), 4));
    at += 4 + static_cast<std::size_t>(length);
  }
  return chunk;
}

// A ledger in 64 bytes of input: its other bytes are zero, or a copy.
std::string spread(std::string_view slots) {
  std::string ledger(1088, '\0');
  ledger.replace(512, std::min<std::size_t>(64, slots.size()), slots.substr(0, 64));
  if (slots.size() > 64) ledger.replace(1024, slots.size() - 64, slots.substr(64));
  for (const std::size_t at : {512U, 1024U}) ledger.replace(at, 8, "ANLEDGR1");
  return ledger;
}

void lay_out(const fs::path& log, std::string_view input) {
  const auto how = static_cast<unsigned char>(input[0]);
  input.remove_prefix(1);
  const bool right = (how & checksums_made_right) != 0;
  fs::remove_all(log);
  fs::create_directory(log);
  if ((how & has_ledger) != 0) {
    const auto slots = input.substr(0, 128);
    input.remove_prefix(slots.size());
    const auto ledger = spread(slots);
    spill(log / "ledger.state", right ? with_right_slots(ledger) : ledger);
  }
  auto first = input;
  std::string_view second;
  if ((how & two_chunks) != 0) {
    first = input.substr(0, input.size() / 2);
    second = input.substr(input.size() / 2);
  }
  const auto put = [&](const char* name, std::string_view bytes) {
    spill(log / name, right ? with_right_records(std::string(bytes)) : std::string(bytes));
  };
  if ((how & in_wrong_order) != 0) std::swap(first, second);
  put("0000.chunk", first);
  if ((how & two_chunks) != 0) put((how & far_apart) != 0 ? "0777.chunk" : "0001.chunk", second);
}

// Whether a chunk of the log holds this record with the right checksum, by the tests' own words.
bool is_there(const std::map<std::string, std::string>& files, std::uint64_t id,
              const std::string& payload) {
  const auto body = independent::little(id, 8) + payload;
  const auto record = independent::little(independent::crc32(body), 4) + body;
  return std::ranges::any_of(files, [&](const auto& file) {
    return file.first.ends_with(".chunk") && file.second.find(record) != std::string::npos;
  });
}

// The IDs that are not acknowledged of all records that lie whole at a chunk's front, one behind
// the other: these no damage can hide.
std::set<std::uint64_t> front_records(const std::map<std::string, std::string>& files) {
  const auto ledger = files.find("ledger.state");
  const auto acknowledged =
      ledger == files.end() ? 0 : independent::parse_slot(ledger->second).acknowledged;
  std::set<std::uint64_t> ids;
  for (const auto& [name, chunk] : files) {
    if (!name.ends_with(".chunk")) continue;
    std::uint64_t due = 0;
    for (std::size_t at = 0; at + 16 <= chunk.size();) {
      std::uint64_t length = 0;
      for (std::size_t i = 0; i < 4; ++i) {
        length = length << 8U | static_cast<unsigned char>(chunk[at + i]);
      }
      const auto id = independent::little(chunk, at + 8, 8);
      if (length < 12 || length > chunk.size() - at - 4 || id == 0 || id + 1 == 0) break;
      const auto body = chunk.substr(at + 8, static_cast<std::size_t>(length) - 4);
      if (independent::crc32(body) != independent::little(chunk, at + 4, 4)) break;
      if (due != 0 && id != due) break;
      if (id > acknowledged) ids.insert(id);
      due = id + 1;
      at += 4 + static_cast<std::size_t>(length);
    }
  }
  return ids;
}

// What a repaired log holds was in one of the chunks before, and what had to stay is there.
void check_records(const fs::path& repaired, const std::map<std::string, std::string>& before) {
  auto opened = log_view::open(repaired);
  ASSERT_TRUE(opened.ok()) << opened.message;
  auto& view = *opened.view;
  auto wanted = front_records(before);
  std::uint64_t last = 0;
  for (std::size_t i = 0; i < view.size(); ++i) {
    const auto& entry = view.entries()[i];
    std::vector<std::byte> payload(entry.payload_bytes);
    const auto read = view.read(i, payload);
    ASSERT_TRUE(read.ok()) << read.message;
    ASSERT_GT(entry.id, last);
    ASSERT_TRUE(is_there(before, entry.id, text_of(payload)));
    last = entry.id;
    wanted.erase(entry.id);
  }
  ASSERT_TRUE(wanted.empty()) << "lost " << *wanted.begin();
}

options unsynced_options() {
  options how;
  how.memory.prefault = false;
  how.ring_bytes = 64 << 10;
  how.files = &unsynced();
  return how;
}

// Opens and reads to the end, or to damage.
void read_all(const fs::path& path) {
  const auto before = contents(path);
  auto opened = chunk_log::open(path, unsynced_options());
  if (!opened.ok()) return;
  ASSERT_TRUE(opened.log->writer().close().ok());
  std::uint64_t last = 0;
  for (;;) {
    const auto record = opened.log->reader().next();
    if (!record.ok()) break;
    ASSERT_GT(record.id, last);
    last = record.id;
    ASSERT_TRUE(is_there(before, record.id, text_of(record.payload)));
  }
  opened.log.reset();
  const auto once = contents(path);
  ASSERT_TRUE(chunk_log::open(path, unsynced_options()).ok());
  ASSERT_EQ(contents(path), once);
}

void tail_all(const fs::path& path) {
  const auto before = contents(path);
  tail_options how;
  how.from = 0;
  auto opened = log_tail::open(path, how);
  ASSERT_TRUE(opened.ok()) << opened.message;
  for (;;) {
    const auto record = opened.tail->next();
    if (!record.ok()) {
      ASSERT_TRUE(record.error == chunklog::errc::corrupt_record ||
                  record.error == chunklog::errc::missing_data)
          << record.message;
      continue;
    }
    if (!record.found()) break;
    ASSERT_TRUE(is_there(before, record.id, text_of(record.payload)));
  }
}

void repair(const fs::path& path, const fs::path& to) {
  reading_options how;
  how.threads = 1;
  how.files = &unsynced();
  const auto found = verify(path, how);
  ASSERT_TRUE(found.ok()) << found.message;
  const auto before = contents(path);
  fs::remove_all(to);
  {
    auto opened = log_repair::open(path, repair_kind::copy, how);
    ASSERT_TRUE(opened.ok()) << opened.message;
    const auto done = opened.repair->copy_to(to);
    ASSERT_TRUE(done.ok()) << done.message;
  }
  ASSERT_EQ(contents(path), before);
  check_records(to, before);
  const auto repaired = verify(to, how);
  ASSERT_TRUE(repaired.whole()) << (repaired.ok() ? repaired.faults[0].sentence : repaired.message);
  if (found.whole()) ASSERT_EQ(repaired.summary.records, found.summary.records);
  ASSERT_TRUE(chunk_log::open(to, unsynced_options()).ok());
  ASSERT_TRUE(verify(to, how).whole());
  {
    auto opened = log_repair::open(path, repair_kind::in_place, how);
    ASSERT_TRUE(opened.ok()) << opened.message;
    const auto done = opened.repair->apply();
    ASSERT_TRUE(done.ok()) << done.message;
  }
  const auto in_place = verify(path, how);
  ASSERT_TRUE(in_place.whole()) << (in_place.ok() ? in_place.faults[0].sentence : in_place.message);
  ASSERT_EQ(in_place.summary.records, repaired.summary.records);
  check_records(path, before);
  const auto once = contents(path);
  {
    auto again = log_repair::open(path, repair_kind::in_place, how);
    ASSERT_TRUE(again.ok()) << again.message;
    ASSERT_FALSE(again.repair->plan().needed());
    ASSERT_TRUE(again.repair->apply().ok());
  }
  ASSERT_EQ(contents(path), once);
  ASSERT_LE(once.size(), before.size() + 70);
}

}  // namespace

void check(std::string_view input) {
  if (input.empty()) return;
  static const scratch dir;
  lay_out(dir.log(), input);
  tail_all(dir.log());
  repair(dir.log(), dir / "copy");
  lay_out(dir.log(), input);
  read_all(dir.log());
}

}  // namespace annulus::fuzz
