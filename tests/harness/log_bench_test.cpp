// annulus log bench: what is made and checked, and the arithmetic of what is shown.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <vector>

#include "log_bench/disk_rows.hpp"
#include "log_bench/frames.hpp"
#include "log_bench/report.hpp"
#include "log_bench/run.hpp"
#include "log_bench/verdicts.hpp"
#include "measurement.hpp"

namespace annulus::log_bench {
namespace {

std::vector<std::byte> frames(std::size_t record_bytes, std::size_t n) {
  std::vector<std::byte> out(n * (sizeof(frame_header) + record_bytes));
  frame_writer(record_bytes, n).write(out, n);
  return out;
}

bool accepted(const std::vector<std::byte>& data, std::size_t record_bytes, std::size_t n) {
  record_checker checker(record_bytes);
  checker.check(data, n);
  try {
    checker.finish();
    return true;
  } catch (const bench::corruption&) {
    return false;
  }
}

bool shows(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

cell row(const char* name, std::size_t record_bytes, std::map<std::string, std::vector<double>> of,
         unsigned producers = 1) {
  return {name, record_bytes, producers, 1'000'000, std::move(of)};
}

// A row whose repetitions all took this long.
cell steady(const char* name, std::size_t record_bytes, double seconds) {
  return row(name, record_bytes,
             {{records_per_second, {1e6 / seconds, 1e6 / seconds}},
              {seconds_taken, {seconds, seconds}},
              {seconds_with_sync, {2 * seconds, 2 * seconds}},
              {bytes_per_write, {262144, 262144}},
              {percent_from_memory, {25, 25}},
              {user_percent, {100, 100}},
              {system_percent, {50, 50}},
              {total_percent, {150, 150}},
              {cpu_per_record, {1.5 * seconds, 1.5 * seconds}}});
}

}  // namespace

TEST(log_bench, every_flipped_bit_of_a_record_is_seen) {
  // Whole lanes, a rest behind them, no lane at all.
  for (const std::size_t size : {1U, 8U, 63U, 128U, 200U}) {
    auto data = frames(size, 3);
    EXPECT_TRUE(accepted(data, size, 3)) << size;
    for (std::size_t bit = 0; bit < data.size() * 8; ++bit) {
      const auto mask = std::byte{1} << static_cast<int>(bit % 8);
      data[bit / 8] ^= mask;
      EXPECT_FALSE(accepted(data, size, 3)) << size << ", bit " << bit;
      data[bit / 8] ^= mask;
    }
  }
}

TEST(log_bench, records_that_change_places_or_come_twice_are_seen) {
  constexpr std::size_t size = 128;
  constexpr std::size_t whole = sizeof(frame_header) + size;
  const auto sent = frames(size, 3);
  auto swapped = sent;
  std::swap_ranges(swapped.begin(), swapped.begin() + whole, swapped.begin() + whole);
  EXPECT_FALSE(accepted(swapped, size, 3));
  auto twice = sent;
  std::copy_n(sent.begin(), whole, twice.begin() + whole);
  EXPECT_FALSE(accepted(twice, size, 3));
  // The right header before another record's payload.
  auto payload = sent;
  std::copy_n(sent.begin() + sizeof(frame_header), size,
              payload.begin() + whole + sizeof(frame_header));
  EXPECT_FALSE(accepted(payload, size, 3));
}

TEST(log_bench, records_are_counted_over_several_checks) {
  constexpr std::size_t size = 100;
  constexpr std::size_t whole = sizeof(frame_header) + size;
  std::vector<std::byte> data(2 * whole);
  frame_writer writer(size, 2);
  record_checker checker(size);
  for (int round = 0; round < 5; ++round) {
    writer.write(data, 2);
    checker.check(data, 2);
  }
  EXPECT_NO_THROW(checker.finish());
  checker.check(data, 2);  // those that have been
  EXPECT_THROW(checker.finish(), bench::corruption);
}

TEST(log_bench, a_logged_record_has_sixteen_bytes_more) {
  EXPECT_EQ(logged_bytes(128, 1'000'000), 144'000'000U);
}

TEST(log_bench, the_table_reads_as_the_seeds) {
  // The seed's first disk row, in its own notation: 1 000 000 records in 1.07 s.
  outcome found;
  found.cells = {steady(disk_rows, 128, 1.25), steady(roof_rows, 128, 1.0),
                 steady(disk_rows, 4096, 4.0)};
  plan how;
  how.repetitions = 2;
  const auto text = to_text(how, found, "ext4");
  EXPECT_TRUE(shows(text,
                    " RECORD_SIZE   BYTES    RECORDS_PER_SEC  BYTES_PER_SEC     TIME  USER_CPU  "
                    "SYS_CPU  TOTAL_CPU"))
      << text;
  EXPECT_TRUE(shows(text,
                    "         128   128MB      800000.00 r/s      97.66 M/s    1.25s   100.00%   "
                    "50.00%    150.00%"))
      << text;
  EXPECT_TRUE(shows(text, "        4096   4.1GB      250000.00 r/s     976.56 M/s    4.00s"))
      << text;
  EXPECT_TRUE(shows(text, "931664.45  0.859")) << text;    // 800 000 beside the seed's
  EXPECT_TRUE(shows(text, "3.09")) << text;                // the seed's CPU for each record, in µs
  EXPECT_TRUE(shows(text, "97.7 / 102")) << text;          // MiB/s and MB/s of payload
  EXPECT_TRUE(shows(text, "110 / 115")) << text;           // and of all bytes
  EXPECT_TRUE(shows(text, "2.50 [2.50-2.50] s")) << text;  // with fdatasync
  EXPECT_TRUE(shows(text, "256       25.0 %")) << text;    // KiB a write, and from memory
  EXPECT_TRUE(shows(text, "0.800 [0.800-0.800]")) << text;  // of the roof
}

TEST(log_bench, files_in_memory_are_called_so) {
  EXPECT_TRUE(shows(to_text({}, {}, "tmpfs"), "tmpfs, WHICH IS MEMORY AND NO DISK"));
  EXPECT_FALSE(shows(to_text({}, {}, "ext4"), "MEMORY"));
}

TEST(log_bench, a_ratio_compares_repetitions_of_the_same_pass) {
  const auto one = row(disk_rows, 128, {{records_per_second, {10, 40, 90}}});
  const auto other = row(roof_rows, 128, {{records_per_second, {20, 50, 100}}});
  const auto found = ratio(one, records_per_second, other, records_per_second);
  EXPECT_DOUBLE_EQ(found.median, 0.8);
  EXPECT_EQ(found.n, 3U);
}

TEST(log_bench, verdicts_stand_on_either_side_of_their_limits) {
  const auto judged = [](double disk_seconds, double roof_seconds, double confirmed) {
    outcome found;
    found.cells = {steady(memory_rows, 128, 1.0 / 31.2),
                   steady(disk_rows, 128, disk_seconds),
                   steady(roof_rows, 128, roof_seconds),
                   row(single_commit_rows, 128, {{confirmed_per_second, {100, 100}}}),
                   row(commit_rows, 128, {{confirmed_per_second, {confirmed, confirmed}}}, 64),
                   row(awaited_commit_rows, 128, {{confirmed_per_second, {3000, 3000}}}, 64)};
    std::vector<bool> out;
    for (const auto& each : judge(found)) out.push_back(each.met());
    return out;
  };
  // Memory / seed's, disk / seed's, CPU for each record, disk / roof, commits of threads and of
  // coroutines.
  EXPECT_EQ(judged(0.2, 0.15, 3001), (std::vector{true, true, true, true, true, true}));
  EXPECT_EQ(judged(0.22, 0.15, 2999), (std::vector{true, false, true, false, false, true}));
  EXPECT_EQ(judged(0.42, 0.30, 3001), (std::vector{true, false, false, true, true, true}));
}

TEST(log_bench, what_is_compared_is_measured_in_one_group) {
  plan what;
  what.rows = {memory_rows, disk_rows, durable_rows, commit_rows};
  what.sizes = {128, 256};
  what.producers = {1, 64};
  what.memory_records = 20;
  what.disk_records = 10;
  std::map<int, std::set<std::string>> groups;
  for (const auto& [at, group] : cells_of(what)) groups[group].insert(at.row);
  const std::set<std::string> memory{memory_rows};
  const std::set<std::string> disk{disk_rows, durable_rows, roof_rows};
  const std::set<std::string> commits{single_commit_rows, commit_rows, awaited_commit_rows};
  std::vector<std::set<std::string>> found;
  for (const auto& [group, rows] : groups) found.push_back(rows);
  EXPECT_EQ(found, (std::vector{memory, memory, disk, disk, commits}));
  EXPECT_EQ(disk_bytes(what), 2720U);
}

TEST(log_bench, long_records_are_fewer_where_bytes_are_bounded) {
  plan what;
  what.rows = {disk_rows};
  what.sizes = {128, 1000, 5000};
  what.disk_records = 20;
  what.most_disk_bytes = 4000;
  std::map<std::size_t, std::set<std::uint64_t>> records;
  for (const auto& [at, group] : cells_of(what)) records[at.record_bytes].insert(at.records);
  EXPECT_EQ(records, (std::map<std::size_t, std::set<std::uint64_t>>{
                         {128, {20}}, {1000, {4}}, {5000, {1}}}));
}

}  // namespace annulus::log_bench
