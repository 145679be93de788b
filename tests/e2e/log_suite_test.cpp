// The suite log as a user runs it, small.
#include <map>
#include <nlohmann/json.hpp>

#include "process.hpp"

namespace annulus::e2e {
namespace {

constexpr auto small_log_matrix = R"(schema = 1
suite = "log"
name = "small"
repetitions = 2
[axes]
row = "all"
record = [128, 4096]
producers = [1, 3]
records = [2000]
commit_seconds = [0.01]
[[except]]
row = ["commits", "commits-awaited"]
record = [4096]
)";

arguments small(const scratch& where, const std::string& matrix = small_log_matrix) {
  spit(where / "m.toml", matrix);
  return {"run", where / "m.toml", "--work", where / "work", "--results", where / "results"};
}

fs::path only_run(const scratch& where) {
  for (const auto& entry : fs::recursive_directory_iterator(where.path() / "results"))
    if (entry.path().filename() == "samples.jsonl") return entry.path().parent_path();
  throw std::runtime_error("no result set");
}

}  // namespace

TEST(log_suite, measures_every_row_at_every_size) {
  const scratch where;
  const auto done = run(small(where));
  ASSERT_EQ(done.status, 0) << done.err;
  std::map<std::string, int> rows;
  std::ifstream lines(only_run(where) / "samples.jsonl");
  for (std::string line; std::getline(lines, line);) {
    const auto sample = nlohmann::json::parse(line);
    const std::string row = sample.at("key").at("row");
    ++rows[row];
    const bool timed = row.starts_with("commits") || row == "fdatasync-each";
    const auto& metrics = sample.at("result").at("metrics");
    EXPECT_GT(metrics.at(timed ? "confirmed_per_second" : "records_per_second"), 0) << row;
    EXPECT_EQ(sample.at("result").at("verified"), true) << row;
    EXPECT_FALSE(contains(line, where.path().string()));  // published, so without paths
  }
  const std::map<std::string, int> expected{
      {"memory", 4},  {"descriptors", 4},     {"disk", 4},          {"durable", 4}, {"roof", 4},
      {"commits", 4}, {"commits-awaited", 4}, {"fdatasync-each", 2}};
  EXPECT_EQ(rows, expected);
  EXPECT_TRUE(fs::is_empty(where.path() / "work"));

  const auto table = run({"table", only_run(where)});
  ASSERT_EQ(table.status, 0) << table.err;
  for (const std::string part : {"RECORDS_PER_SEC", "BYTES_PER_SEC", "TIME", "USER_CPU", "SYS_CPU",
                                 "TOTAL_CPU", "with fdatasync", "confirmed/s"})
    EXPECT_TRUE(contains(table.out, part)) << part;
}

TEST(log_suite, refuses_what_it_cannot_measure) {
  const scratch where;
  const auto expect_refused = [&](const std::string& axis, const std::string& sentence) {
    const auto done =
        run(small(where, "schema = 1\nsuite = \"log\"\nname = \"small\"\n[axes]\n" + axis + "\n"));
    EXPECT_EQ(done.status, 2) << done.err;
    EXPECT_TRUE(contains(done.err, sentence)) << done.err;
    EXPECT_EQ(done.out, "");
    EXPECT_FALSE(fs::exists(where.path() / "results"));
  };
  expect_refused("row = [\"disc\"]",
                 "axes.row must be one of memory, descriptors, disk, durable, commits, "
                 "commits-awaited, but is \"disc\"");
  expect_refused("record = [0]", "from 1 to 1MiB, but is 0");
  expect_refused("producers = [0]",
                 "axes.producers must be a whole number from 1 to 1024, but is 0");
  expect_refused("append = [\"all\"]", "axes.append must be one of batches, each, but is \"all\"");
  expect_refused("commit_seconds = [nan]",
                 "axes.commit_seconds must be a number from 0.001 to 60, but is");
}

}  // namespace annulus::e2e
