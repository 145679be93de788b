// The suite log: what is made and checked, which cells there are, and what each measures.
#include <gtest/gtest.h>

#include <algorithm>
#include <annulus/chunklog/log.hpp>
#include <cmath>
#include <filesystem>
#include <set>
#include <vector>

#include "measure/plan.hpp"
#include "suites/common/measurement.hpp"
#include "suites/log/commits.hpp"
#include "suites/log/disk_rows.hpp"
#include "suites/log/frames.hpp"
#include "suites/log/rows.hpp"
#include "suites/log/run.hpp"
#include "suites/log/seed_figures.hpp"
#include "suites/log/suite.hpp"
#include "support.hpp"

namespace annulus::suites {
namespace {

using harness::json;

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

// A cell of that row that takes no time, with `changes`.
json key_of(const std::string& row, const json& changes = json::object()) {
  json out;
  for (const auto& each : log_suite().axes()) out[each.name] = each.fallback;
  out.update({{"row", row}, {"records", 2000}, {"commit_seconds", 0.01}});
  out.update(changes);
  return log_suite().reduced(std::move(out));
}

harness::cell_result run(const json& key) {
  const harness::temporary_directory work;
  const auto out = log_suite().run({.suite = "log", .key = key, .work = work.path()});
  EXPECT_TRUE(std::filesystem::is_empty(work.path())) << key;
  return out;
}

harness::matrix matrix_of(const std::string& axes) {
  return harness::parse_matrix("schema = 1\nsuite = \"log\"\nname = \"m\"\n" + axes, "m.toml",
                               {&log_suite()});
}

// How many cells a row has.
std::map<std::string, int> rows_of(const harness::matrix& what) {
  std::map<std::string, int> out;
  const auto machine = harness::topology_from_synthetic("numa:1 core:2 pu:1");
  for (const auto& cell : harness::make_plan(what, machine, 1).cells) {
    EXPECT_EQ(cell.skipped, "") << cell.request.key;
    ++out[cell.request.key.at("row")];
  }
  return out;
}

const std::vector<std::string> all_rows{memory_row,  descriptor_row,   disk_row,
                                        durable_row, commit_row,       awaited_commit_row,
                                        roof_row,    single_commit_row};

}  // namespace

TEST(log_suite, every_flipped_bit_of_a_record_is_seen) {
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

TEST(log_suite, records_that_change_places_or_come_twice_are_seen) {
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

TEST(log_suite, records_are_counted_over_several_checks) {
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

TEST(log_suite, a_logged_record_has_sixteen_bytes_more) {
  EXPECT_EQ(logged_bytes(128, 1'000'000), 144'000'000U);
}

TEST(log_suite, long_records_are_fewer_where_bytes_are_bounded) {
  EXPECT_EQ(stored_records(20, 128, 4000), 20U);
  EXPECT_EQ(stored_records(20, 1000, 4000), 4U);
  EXPECT_EQ(stored_records(20, 5000, 4000), 1U);
}

TEST(log_suite, every_row_measures_what_it_shows) {
  for (const auto& row : all_rows) {
    for (const json& more :
         {json{{"record", 100}}, json{{"record", 4096}, {"placement", "none"}}}) {
      const auto key = key_of(row, more);
      const auto found = run(key);
      EXPECT_TRUE(found.verified) << key;
      EXPECT_GT(found.seconds, 0) << key;
      EXPECT_EQ(found.bytes, found.amount * key.at("record").get<std::uint64_t>()) << key;
      const auto shown = log_suite().shown(key);
      EXPECT_GT(found.metrics.at(shown.front()), 0) << key;
      for (const auto& name : shown) EXPECT_TRUE(found.metrics.contains(name)) << key << name;
      for (const auto& [name, value] : found.metrics) {
        EXPECT_TRUE(std::isfinite(value)) << key << name;
        EXPECT_NO_THROW(harness::find_metric(log_suite(), name)) << key;
      }
    }
  }
}

TEST(log_suite, moves_as_many_records_as_it_is_told) {
  for (const auto* row : {memory_row, descriptor_row, disk_row, durable_row, roof_row})
    EXPECT_EQ(run(key_of(row, {{"records", 777}})).amount, 777U) << row;
  EXPECT_EQ(run(key_of(disk_row, {{"most_bytes", 12'800}})).amount, 100U);
  EXPECT_EQ(run(key_of(disk_row, {{"append", "each"}})).amount, 2000U);
}

TEST(log_suite, each_producer_is_confirmed_at_least_once) {
  for (const auto* row : {commit_row, awaited_commit_row})
    EXPECT_GE(run(key_of(row, {{"producers", 16}, {"commit_seconds", 0.001}})).amount, 16U) << row;
  EXPECT_EQ(run(key_of(single_commit_row)).metrics.at(confirmed_per_sync), 1);
}

TEST(log_suite, a_confirmed_record_that_is_missing_or_another_is_seen) {
  const harness::temporary_directory where;
  const auto place = where / "log";
  const std::vector<std::byte> sent(100, std::byte{1});
  auto other = sent;
  other.back() = std::byte{2};
  const auto append = [&](bytes_view payload) {
    auto opened = chunklog::chunk_log::open(place);
    ASSERT_TRUE(opened.ok()) << opened.message;
    ASSERT_TRUE(opened.log->writer().append(payload).ok());
    ASSERT_TRUE(opened.log->writer().close().ok());
  };
  append(sent);
  append(sent);
  EXPECT_TRUE(holds(place, sent, 2));
  EXPECT_FALSE(holds(place, sent, 3));
  EXPECT_FALSE(holds(place, other, 2));
  EXPECT_FALSE(holds(place, bytes_view(sent).first(99), 2));
  append(other);
  EXPECT_FALSE(holds(place, sent, 3));
}

TEST(log_suite, refuses_what_the_disk_has_no_room_for) {
  const auto key = key_of(disk_row, {{"record", 1U << 20U},
                                     {"records", std::uint64_t{1} << 32U},
                                     {"most_bytes", std::uint64_t{1} << 52U}});
  EXPECT_NE(harness::message_of<harness::error>([&] {
              run(key);
            }).find("the row needs 4503668346847232 bytes for its files, and "),
            std::string::npos);
}

TEST(log_suite, figures_of_the_seed_are_in_its_own_notation) {
  // Its first disk row: 931664.45 r/s, 287.88 % of a CPU.
  const auto disk = published_for(durable_row, 128);
  ASSERT_TRUE(disk);
  EXPECT_NEAR(disk->cpu_per_record() * 1e6, 3.09, 0.005);
  EXPECT_EQ(published_for(disk_row, 100), std::nullopt);
  EXPECT_EQ(published_for(roof_row, 128), std::nullopt);
  const auto found = run(key_of(memory_row)).metrics;
  EXPECT_DOUBLE_EQ(found.at(times_the_seed), found.at(records_per_second) / 6220448.66);
  EXPECT_DOUBLE_EQ(found.at(cpu_times_the_seed),
                   found.at(cpu_per_record) / (1.8599 / 6220448.66 * 1e6));
}

TEST(log_suite, shows_the_seeds_columns_first_and_its_ratios_where_it_has_a_row) {
  const auto shows = [](const json& key, const char* name) {
    const auto shown = log_suite().shown(key);
    return std::find(shown.begin(), shown.end(), name) != shown.end();
  };
  std::vector<std::string> titles;
  for (const auto& name : log_suite().shown(key_of(disk_row)))
    titles.push_back(harness::find_metric(log_suite(), name).title);
  titles.resize(6);
  EXPECT_EQ(titles, (std::vector<std::string>{"RECORDS_PER_SEC", "BYTES_PER_SEC MiB/s", "TIME s",
                                              "USER_CPU %", "SYS_CPU %", "TOTAL_CPU %"}));
  EXPECT_TRUE(shows(key_of(disk_row), times_the_seed));
  EXPECT_FALSE(shows(key_of(disk_row, {{"record", 100}}), times_the_seed));
  EXPECT_FALSE(shows(key_of(roof_row), times_the_seed));
  EXPECT_FALSE(shows(key_of(memory_row), seconds_with_sync));
  EXPECT_EQ(log_suite().shown(key_of(commit_row)).front(), confirmed_per_second);
}

TEST(log_suite, what_a_row_does_not_use_makes_no_other_cell) {
  for (const auto& row : all_rows) {
    const auto key = key_of(row);
    EXPECT_EQ(log_suite().unavailable(key), "") << key;
    EXPECT_EQ(log_suite().reduced(key), key);
  }
  auto busy = key_of(disk_row);
  busy["producers"] = 64;
  EXPECT_EQ(log_suite().unavailable(busy), "a row of disk has no producers");
  EXPECT_EQ(log_suite().reduced(busy), key_of(disk_row));
  EXPECT_NE(key_of(commit_row, {{"producers", 64}}), key_of(commit_row));
  EXPECT_EQ(key_of(commit_row).at("placement"), "none");
  EXPECT_EQ(rows_of(matrix_of(R"([axes]
row = ["memory", "disk", "durable", "commits"]
record = [128, 4096]
producers = [1, 64]
append = ["each"]
records = [1000]
)")),
            (std::map<std::string, int>{{memory_row, 2},
                                        {disk_row, 2},
                                        {durable_row, 2},
                                        {roof_row, 2},
                                        {commit_row, 4},
                                        {single_commit_row, 2}}));
}

TEST(log_suite, a_row_stands_beside_the_roof_of_as_many_bytes) {
  const json few{{"record", 256}, {"most_bytes", 4096}, {"append", "each"}};
  for (const auto* row : {disk_row, durable_row})
    EXPECT_EQ(log_suite().roofs(key_of(row, few)), std::vector{key_of(roof_row, few)});
  const json many{{"record", 256}, {"producers", 64}};
  for (const auto* row : {commit_row, awaited_commit_row})
    EXPECT_EQ(log_suite().roofs(key_of(row, many)), std::vector{key_of(single_commit_row, many)});
  for (const auto* row : {memory_row, descriptor_row, roof_row, single_commit_row})
    EXPECT_EQ(log_suite().roofs(key_of(row)).size(), 0U) << row;
  EXPECT_EQ(log_suite().role(key_of(roof_row)), "roof");
  EXPECT_EQ(log_suite().role(key_of(single_commit_row)), "fdatasync-each");
  EXPECT_EQ(log_suite().role(key_of(disk_row)), "");
}

TEST(log_suite, the_shipped_matrix_has_every_row_at_the_seeds_sizes) {
  const auto file = std::filesystem::path(ANNULUS_MATRICES) / "log.toml";
  EXPECT_EQ(rows_of(harness::load_matrix(file, {&log_suite()})),
            (std::map<std::string, int>{{memory_row, 6},
                                        {descriptor_row, 6},
                                        {disk_row, 6},
                                        {durable_row, 6},
                                        {roof_row, 6},
                                        {commit_row, 2},
                                        {awaited_commit_row, 2},
                                        {single_commit_row, 1}}));
}

}  // namespace annulus::suites
