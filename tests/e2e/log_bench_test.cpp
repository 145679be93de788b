// annulus log bench as a user runs it, small.
#include <nlohmann/json.hpp>

#include "process.hpp"

namespace annulus::e2e {
namespace {

arguments small(const scratch& where, const arguments& more = {}) {
  arguments all{"log",
                "bench",
                "--records",
                "2000",
                "--repetitions",
                "2",
                "--memory-records",
                "5000",
                "--commit-seconds",
                "0.01",
                "--directory",
                where.path().string()};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

void expect_refused(const arguments& given, const std::string& sentence) {
  const auto done = run(given);
  EXPECT_EQ(done.status, 2) << done.err;
  EXPECT_EQ(done.err, "annulus: " + sentence + "\n");
  EXPECT_EQ(done.out, "");
}

}  // namespace

TEST(log_bench, measures_every_row_at_every_size) {
  const scratch where;
  const auto done = run(small(where, {"--sizes", "100,4096", "--producers", "1,3", "--json"}));
  ASSERT_EQ(done.status, 0) << done.err;
  const auto found = nlohmann::json::parse(done.out);
  std::map<std::string, int> rows;
  for (const auto& at : found.at("cells")) {
    const std::string row = at.at("row");
    ++rows[row];
    const bool timed = at.at("records") == 0;
    const auto& rate = at.at("metrics").at(timed ? "confirmed_per_second" : "records_per_second");
    ASSERT_EQ(rate.at("values").size(), 2U);
    for (const double each : rate.at("values")) EXPECT_GT(each, 0) << row;
  }
  const std::map<std::string, int> expected{
      {"memory", 2},  {"descriptors", 2},     {"disk", 2},          {"durable", 2}, {"roof", 2},
      {"commits", 2}, {"commits-awaited", 2}, {"fdatasync-each", 1}};
  EXPECT_EQ(rows, expected);
  EXPECT_FALSE(found.at("file_system").get<std::string>().empty());
  EXPECT_FALSE(contains(done.out, where.path().string()));  // published, so without paths
  EXPECT_TRUE(fs::is_empty(where.path()));
  EXPECT_EQ(found.at("placement"), "pair");
}

TEST(log_bench, says_where_the_threads_were) {
  const scratch where;
  const arguments disk{"--sizes", "128", "--rows", "disk"};
  EXPECT_TRUE(contains(run(small(where, disk)).out, "In disk rows the appender and the reader"));
  auto anywhere = disk;
  anywhere.insert(anywhere.end(), {"--placement", "none", "--append", "each"});
  const auto done = run(small(where, anywhere));
  ASSERT_EQ(done.status, 0) << done.err;
  EXPECT_TRUE(contains(done.out, "In disk rows the kernel chose the threads' CPUs."));
  EXPECT_TRUE(contains(done.out, "Records were appended one by one."));
}

TEST(log_bench, prints_the_seeds_columns) {
  const scratch where;
  const auto done = run(small(where, {"--sizes", "128", "--rows", "memory,disk"}));
  ASSERT_EQ(done.status, 0) << done.err;
  for (const std::string part :
       {"RECORD_SIZE   BYTES    RECORDS_PER_SEC  BYTES_PER_SEC     TIME  USER_CPU  SYS_CPU",
        " Memory ", " Disk ", "6220448.66", "931664.45", "roof", "Verdicts"}) {
    EXPECT_TRUE(contains(done.out, part)) << part;
  }
  EXPECT_FALSE(contains(done.out, "durable")) << done.out;
}

TEST(log_bench, refuses_what_it_cannot_measure) {
  const scratch where;
  expect_refused(
      small(where, {"--rows", "disc"}),
      "--rows names 'disc', but there are only memory, descriptors, disk, durable, commits");
  expect_refused(
      small(where, {"--sizes", "0"}),
      "--sizes must be a whole number of bytes, or one followed by KiB, MiB or GiB, from 1 to "
      "1MiB, but is \"0\"");
  expect_refused(small(where, {"--producers", "0"}),
                 "--producers must be a whole number from 1 to 1024, not '0'");
  const auto nowhere = where / "nowhere";
  expect_refused({"log", "bench", "--directory", nowhere},
                 "--directory names " + nowhere + ", which is no directory");
  expect_refused({"log", "bench", "--records", "0"},
                 "--records must be a whole number from 1 to 4294967296, not '0'");
  expect_refused(
      {"log", "bench", "--most-bytes", "much"},
      "--most-bytes must be a whole number of bytes, or one followed by KiB, MiB or GiB, "
      "from 1 to 1024GiB, but is \"much\"");
  expect_refused({"log", "bench", "--repetitions", "many"},
                 "--repetitions must be a whole number from 1 to 1000, not 'many'");
  expect_refused({"log", "bench", "--placement", "near"},
                 "--placement is 'pair' or 'none', not 'near'");
  expect_refused({"log", "bench", "--append", "all"}, "--append is 'batches' or 'each', not 'all'");
  expect_refused({"log", "bench", "--commit-seconds", "nan"},
                 "--commit-seconds must be a number from 0.001 to 60, not 'nan'");
}

}  // namespace annulus::e2e
