// What is found behind damage, and how many bytes it takes to find it.
#include "damage_search.hpp"

#include <fcntl.h>

#include <annulus/chunklog/repair.hpp>
#include <annulus/chunklog/tail.hpp>
#include <atomic>
#include <random>

#include "crc32.hpp"
#include "damaged.hpp"
#include "record_scan.hpp"
#include "support.hpp"

namespace annulus::chunklog::test {
namespace {

namespace fs = std::filesystem;

std::string record(std::uint64_t id, const std::string& text) {
  const auto header = make_header(id, std::array{view_of(text)});
  const auto bytes = encode(header);
  return text_of(bytes) + text;
}

// Counts what is read.
class counting_files : public unsynced_files {
 public:
  transfer read(int fd, bytes_span to, std::uint64_t offset) override {
    const auto done = passing_files::read(fd, to, offset);
    // Relaxed: looked at when all is done.
    bytes_.fetch_add(done.bytes, std::memory_order_relaxed);
    return done;
  }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> bytes_{0};
};

// A chunk in a file of its own.
class searched_chunk {
 public:
  explicit searched_chunk(std::string bytes, file_system& files = system_files())
      : window(files, 64 << 10), size_(bytes.size()) {
    spill(dir_ / "chunk", bytes);
    window.attach(files.open(directory_.get(), "chunk", O_RDONLY).fd);
  }
  found_place behind(std::uint64_t offset, std::uint64_t due, id_limits limits = {},
                     const std::stop_token& stop = {}) {
    return damage_search(window, size_, std::move(limits)).behind(offset, due, stop);
  }
  [[nodiscard]] std::uint64_t size() const { return size_; }

 private:
  scratch dir_{};
  unique_fd directory_{::open((dir_ / ".").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};

 public:
  chunk_window window;

 private:
  std::uint64_t size_;
};

std::string without_header(std::string bytes, std::size_t at = 0) {
  return bytes.replace(at, 16, std::string(16, '\xEE'));
}

id_limits up_to(std::uint64_t highest) {
  id_limits limits;
  limits.highest = highest;
  limits.successors = {highest + 1};
  return limits;
}

std::string join(std::uint64_t first, std::uint64_t last, std::size_t bytes) {
  std::string all;
  for (auto id = first; id <= last; ++id) all += record(id, payload(id, bytes));
  return all;
}

TEST(crc_index, of_any_part_is_that_of_its_bytes) {
  const auto bytes = payload(7, 10'000);
  searched_chunk chunk(bytes);
  std::mt19937_64 random(3);
  for (const std::uint64_t begin : {0U, 1U, 255U, 256U, 3000U}) {
    ASSERT_TRUE(chunk.window.index(begin, bytes.size(), {}));
    for (int i = 0; i < 2000; ++i) {
      const auto from = begin + random() % (bytes.size() - begin);
      const auto to = from + random() % (bytes.size() - from + 1);
      auto* const index = chunk.window.indexed(from, to);
      ASSERT_NE(index, nullptr);
      ASSERT_EQ(index->of(from, to),
                crc32(0, view_of(bytes).subspan(static_cast<std::size_t>(from),
                                                static_cast<std::size_t>(to - from))));
    }
  }
  EXPECT_EQ(chunk.window.indexed(2999, 3001), nullptr);
}

TEST(damage_search, believes_the_damaged_records_own_length_first) {
  // A log in a log: the content of record 1 holds records 2 to 9.
  auto bytes = record(1, join(1, 9, 50)) + join(2, 3, 40);
  const auto second = 16 + 9 * 66;
  bytes[20] ^= 1;
  searched_chunk chunk(bytes);
  EXPECT_EQ(chunk.behind(0, 1).offset, second);
  EXPECT_EQ(chunk.behind(0, 0).offset, second);
  EXPECT_EQ(chunk.window.indexed(0, 1), nullptr) << "all of the chunk was read for it";
}

TEST(damage_search, passes_by_rotten_payloads_by_their_headers) {
  auto bytes = join(1, 6, 100);
  for (const std::size_t rotten : {0U, 1U, 2U}) bytes[rotten * 116 + 50] ^= 1;
  searched_chunk chunk(bytes);
  EXPECT_EQ(chunk.behind(0, 1).offset, 3 * 116U);
  EXPECT_EQ(chunk.window.indexed(0, 1), nullptr);
}

TEST(damage_search, tells_content_from_records_by_what_connects) {
  for (const std::uint64_t inner :
       {std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{5}, std::uint64_t{300}}) {
    SCOPED_TRACE(inner);
    // The outer record 1 holds others; its header is gone.
    const auto first = record(1, join(inner, inner + 20, 30));
    const auto bytes = without_header(first + join(2, 12, 40));
    searched_chunk known(bytes);
    EXPECT_EQ(known.behind(0, 1, up_to(12)).offset, first.size());
    searched_chunk unknown(bytes);
    EXPECT_EQ(unknown.behind(0, 1).offset, first.size());
    searched_chunk all_unknown(bytes);
    EXPECT_EQ(all_unknown.behind(0, 0).offset, first.size());
  }
}

TEST(damage_search, between_two_damaged_places_loses_the_fewest_records) {
  const auto first = record(1, join(2, 4, 300));
  auto bytes = without_header(first + join(2, 12, 20));
  const auto last_but_one = bytes.size() - 2 * 36;
  bytes = without_header(bytes, last_but_one);
  searched_chunk chunk(bytes);
  damage_search search(chunk.window, chunk.size(), up_to(12));
  EXPECT_EQ(search.behind(0, 1, {}).offset, first.size());
  EXPECT_EQ(search.behind(last_but_one, 11, {}).offset, last_but_one + 36);
}

TEST(damage_search, takes_no_content_of_the_last_record_for_what_follows) {
  // IDs that a later chunk has, and such as nobody has.
  for (const std::uint64_t inner : {13U, 40U, 4000U}) {
    const auto before = join(1, 11, 20);
    const auto bytes =
        without_header(before + record(12, join(inner, inner + 8, 30)), before.size());
    searched_chunk chunk(bytes);
    EXPECT_EQ(chunk.behind(before.size(), 12, up_to(12)).offset, bytes.size());
  }
}

// In these, the content of a record would fit as well.
TEST(damage_search, finds_the_end_of_a_record_with_a_rotten_length_by_its_checksum) {
  const auto first = record(1, join(2, 6, 30));
  for (const std::size_t byte : {0U, 1U, 2U, 3U}) {
    SCOPED_TRACE(byte);
    auto bytes = first + join(2, 12, 40);
    bytes[byte] ^= 0x40;
    searched_chunk chunk(bytes);
    EXPECT_EQ(chunk.behind(0, 1, up_to(12)).offset, first.size());
    searched_chunk alone(bytes.substr(0, first.size()));
    EXPECT_EQ(alone.behind(0, 1, up_to(12)).offset, first.size());
  }
}

TEST(damage_search, takes_no_content_of_a_record_that_the_end_of_the_chunk_cuts_off) {
  const auto before = join(1, 3, 20);
  const auto whole = before + record(4, join(5, 9, 30));
  for (auto size = before.size() + 16; size < whole.size(); ++size) {
    searched_chunk chunk(whole.substr(0, size));
    EXPECT_EQ(chunk.behind(before.size(), 4, up_to(20)).offset, size);
  }
}

TEST(damage_search, goes_by_the_length_of_a_first_record_with_a_rotten_id) {
  const auto first = record(7, join(5, 11, 30));
  auto bytes = first + join(8, 12, 40);
  bytes[14] ^= 1;
  auto limits = up_to(12);
  limits.follows = 3;
  searched_chunk chunk(bytes);
  EXPECT_EQ(chunk.behind(0, 0, limits).offset, first.size());
}

// A reader that is at record 20 is not led back by a chunk of older ones.
TEST(damage_search, goes_nowhere_below_the_lowest_id) {
  auto limits = up_to(30);
  limits.lowest = 20;
  for (const bool rotten : {false, true}) {
    auto bytes = join(7, 9, 30);
    if (rotten) bytes[20] ^= 1;
    searched_chunk older(bytes);
    EXPECT_EQ(older.behind(0, 0, limits).offset, bytes.size());
    searched_chunk leading(bytes + join(25, 26, 30));
    EXPECT_EQ(leading.behind(0, 0, limits).offset, bytes.size());
  }
}

TEST(damage_search, takes_nothing_that_lies_within_a_whole_record) {
  const auto first = record(1, "x");
  const auto before = first + record(2, "y") + record(3, join(2, 5, 5));
  auto bytes = without_header(before + record(4, "z") + record(5, "w"));
  bytes = without_header(bytes, before.size());
  searched_chunk chunk(bytes);
  EXPECT_EQ(chunk.behind(0, 1, up_to(6)).offset, first.size());
}

TEST(damage_search, finds_a_lone_record_between_damage) {
  const auto bytes = payload(1, 100) + record(7, payload(2, 50)) + payload(3, 70);
  searched_chunk chunk(bytes);
  EXPECT_EQ(chunk.behind(0, 3, up_to(9)).offset, 100U);
  EXPECT_EQ(chunk.behind(0, 0).offset, 100U);
  EXPECT_EQ(chunk.behind(0, 7, up_to(9)).offset, bytes.size());
  EXPECT_EQ(chunk.behind(0, 3, up_to(6)).offset, bytes.size());
}

TEST(damage_search, passes_by_sectors_that_cannot_be_read) {
  const auto bytes = join(1, 200, 30);
  lost_sector files("chunk", 512, 512);
  searched_chunk chunk(bytes, files);
  const auto place = chunk.behind(506 / 46 * 46, 12, up_to(200));
  EXPECT_EQ(place.offset, (1024 + 45) / 46 * 46U);
}

// Content of nothing but records that do not connect must not fill the memory.
TEST(damage_search, forgets_what_it_would_not_choose) {
  std::string content;
  for (std::uint64_t i = 0; i < 2000; ++i) content += record(2 + i % 7, "") + "x";
  const auto first = record(1, content);
  auto bytes = without_header(first + join(2, 30, 20));
  bytes = without_header(bytes, first.size() + 10 * 36);
  for (const std::size_t most :
       {std::size_t{1}, std::size_t{8}, std::size_t{100}, std::size_t{1} << 20U}) {
    SCOPED_TRACE(most);
    searched_chunk chunk(bytes);
    ASSERT_TRUE(chunk.window.index(0, bytes.size(), {}));
    const auto limits = up_to(30);
    record_scan scan(chunk.window, 0, bytes.size(), 1, limits, most);
    ASSERT_TRUE(scan.run({}));
    const auto found = scan.choose();
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].offset, first.size());
    EXPECT_EQ(found[1].next_id, 31U);
  }
}

TEST(damage_search, ends_when_asked) {
  searched_chunk chunk(without_header(join(1, 100, 100)));
  std::stop_source stop;
  stop.request_stop();
  const auto place = chunk.behind(0, 1, {}, stop.get_token());
  EXPECT_EQ(place.error, errc::cancelled);
  EXPECT_FALSE(place.message.empty());
}

// Content that suggests a record at every number, millions of bytes long each.
std::string repeated(std::uint64_t value, std::size_t width, std::size_t bytes) {
  std::string all;
  const auto one = independent::little(value, width);
  while (all.size() < bytes) all += one;
  return all;
}

TEST(damage_search, is_linear_in_what_looks_like_lengths) {
  constexpr std::size_t content = 4 << 20;
  for (const std::size_t width : {4U, 8U}) {
    for (const std::uint64_t value : {1U, 256U, 65536U, 1U << 24U}) {
      SCOPED_TRACE(testing::Message() << value << " in " << width);
      const auto first = record(1, repeated(value, width, content));
      const auto bytes = without_header(first + join(2, 5, 1000));
      searched_chunk chunk(bytes);
      EXPECT_EQ(chunk.behind(0, 0).offset, first.size());
      auto* const index = chunk.window.indexed(0, bytes.size());
      ASSERT_NE(index, nullptr);
      EXPECT_LT(index->work() + chunk.window.file_bytes(), 12 * bytes.size());
    }
  }
}

TEST(damage_search, everybody_reads_a_damaged_chunk_a_few_times_only) {
  const scratch dir;
  counting_files files;
  options how;
  how.files = &files;
  how.damage = on_damage::skip;
  constexpr std::size_t content = 1 << 20;
  how.chunk_bytes = 4 * (content + 16) + 2000 * 116;  // the last record goes to another
  {
    const auto log = must_open(dir.log(), how);
    for (const std::uint64_t value : {1U, 256U, 65536U, 1U})
      must_append(*log, repeated(value, 4, content));
    for (std::uint64_t i = 0; i < 2001; ++i) must_append(*log, payload(i, 100));
    ASSERT_TRUE(log->close().ok());
  }
  const auto chunk = dir.log() / "0000.chunk";
  auto bytes = slurp(chunk);
  // Lengths and IDs, here and there.
  for (std::size_t i = 0; i < 4; ++i) bytes[i * (content + 16) + (i % 2) * 8 + 1] ^= 3;
  for (std::size_t i = 0; i < 2000; i += 3) bytes[4 * (content + 16) + i * 116 + 1] ^= 3;
  spill(chunk, bytes);
  const auto most = 12 * bytes.size();
  auto spent = [&, before = std::uint64_t{0}]() mutable {
    return files.bytes() - std::exchange(before, files.bytes());
  };
  spent();
  reading_options all;
  all.files = &files;
  const auto found = verify(dir.log(), all);
  EXPECT_EQ(found.summary.records, 2001U - 667);
  EXPECT_LT(spent(), most);
  view_options some;
  some.files = &files;
  EXPECT_EQ(log_view::open(dir.log(), some).view->size(), found.summary.records);
  EXPECT_LT(spent(), most);
  tail_options from;
  from.from = 0;
  from.files = &files;
  auto tail = log_tail::open(dir.log(), from);
  std::uint64_t shown = 0;
  for (;;) {
    const auto record = tail.tail->next();
    if (record.ok() && !record.found()) break;
    if (record.found()) ++shown;
  }
  EXPECT_EQ(shown, found.summary.records);
  EXPECT_LT(spent(), most);
  {
    auto repair = log_repair::open(dir.log(), repair_kind::copy, all);
    EXPECT_EQ(repair.repair->plan().records, found.summary.records);
  }
  EXPECT_LT(spent(), most);
  const auto log = must_open(dir.log(), how);
  spent();
  ASSERT_TRUE(log->writer().close().ok());
  std::uint64_t delivered = 0;
  for (;;) {
    const auto record = log->reader().next();
    if (record.error == errc::end_of_stream) break;
    if (record.ok()) ++delivered;
  }
  EXPECT_EQ(delivered, found.summary.records);
  EXPECT_LT(spent(), most);
}

}  // namespace
}  // namespace annulus::chunklog::test
