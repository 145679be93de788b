#include "report/export.hpp"

#include "fixtures.hpp"
#include "report/measured.hpp"

namespace annulus::harness {
namespace {

// What a reader of RFC 4180 sees.
std::vector<std::vector<std::string>> parsed(const std::string& csv) {
  std::vector<std::vector<std::string>> rows(1, {""});
  bool in_quotes = false;
  for (std::size_t at = 0; at < csv.size(); ++at) {
    std::string& field = rows.back().back();
    const char letter = csv[at];
    if (letter == '"') {
      const bool is_one = in_quotes && at + 1 < csv.size() && csv[at + 1] == '"';
      if (is_one) field += csv[++at];
      if (!is_one) in_quotes = !in_quotes;
    } else if (in_quotes) {
      field += letter;
    } else if (letter == ',') {
      rows.back().emplace_back();
    } else if (letter == '\r') {
      EXPECT_EQ(csv[++at], '\n');
      if (at + 1 < csv.size()) rows.push_back({""});
    } else {
      field += letter;
    }
  }
  return rows;
}

std::string csv_of(const std::vector<sample>& samples) {
  return to_csv(*fake_suites().front(), samples);
}

std::string field(const std::vector<std::vector<std::string>>& rows, std::size_t row,
                  const std::string& column) {
  const auto& head = rows.front();
  const auto at = std::find(head.begin(), head.end(), column);
  if (at == head.end()) return "no column " + column;
  return rows.at(row).at(static_cast<std::size_t>(at - head.begin()));
}

TEST(export_csv, has_a_column_for_each_axis_and_metric_with_its_unit) {
  const auto rows = parsed(csv_of(fixed_samples()));
  EXPECT_EQ(rows.front(), (std::vector<std::string>{"cell",
                                                    "role",
                                                    "ring",
                                                    "sink",
                                                    "size_bytes",
                                                    "placement",
                                                    "memory",
                                                    "repetition",
                                                    "state",
                                                    "bytes_per_second",
                                                    "cpu_seconds_per_gib",
                                                    "verified",
                                                    "moved_bytes",
                                                    "measured_seconds",
                                                    "marked",
                                                    "why_marked",
                                                    "producer_cpus",
                                                    "consumer_cpus",
                                                    "memory_nodes",
                                                    "started_utc",
                                                    "reason"}));
  for (const auto& row : rows) EXPECT_EQ(row.size(), rows.front().size());
}

TEST(export_csv, has_a_row_for_each_sample) {
  const auto samples = fixed_samples();
  const auto rows = parsed(csv_of(samples));
  ASSERT_EQ(rows.size(), samples.size() + 1);
  EXPECT_EQ(field(rows, 1, "ring"), "mutex");
  EXPECT_EQ(field(rows, 1, "size_bytes"), "2097152");
  EXPECT_EQ(field(rows, 1, "repetition"), "1");
  EXPECT_EQ(field(rows, 1, "state"), "measured");
  EXPECT_EQ(std::stod(field(rows, 1, "bytes_per_second")), 1e9);
  EXPECT_EQ(field(rows, 1, "verified"), "true");
  EXPECT_EQ(field(rows, 1, "reason"), "");
  EXPECT_EQ(field(rows, rows.size() - 1, "role"), "roof");
}

TEST(export_csv, keeps_what_failed_and_what_was_skipped_with_its_reason) {
  const auto key = fixed_key("futex", "dir");
  const auto rows = parsed(csv_of({fixed_note(4, key, false, "said \"no\", and\nleft"),
                                   fixed_note(5, key, true, "no such node")}));
  EXPECT_EQ(field(rows, 1, "state"), "failed");
  EXPECT_EQ(field(rows, 1, "reason"), "said \"no\", and\\x0aleft");
  EXPECT_EQ(field(rows, 1, "verified"), "");
  EXPECT_EQ(field(rows, 1, "marked"), "");
  EXPECT_EQ(field(rows, 2, "state"), "skipped");
  EXPECT_EQ(field(rows, 2, "reason"), "no such node");
}

TEST(export_csv, says_what_was_marked_and_why_and_where_it_ran) {
  auto samples = fixed_cell(0, fixed_key("futex", "null"), {100, 101});
  samples[1].fitness = {{"marks", {"others used 30.0 % of the CPUs", "memory was reclaimed"}}};
  samples[1].spec = {{"producer_cpus", {0, 2}},
                     {"consumer_cpus", {1}},
                     {"memory_nodes", json::array()},
                     {"started", "2026-11-21T02:53:27Z"}};
  const auto rows = parsed(csv_of(samples));
  EXPECT_EQ(field(rows, 1, "marked"), "false");
  EXPECT_EQ(field(rows, 2, "marked"), "true");
  EXPECT_EQ(field(rows, 2, "why_marked"), "others used 30.0 % of the CPUs; memory was reclaimed");
  EXPECT_EQ(field(rows, 2, "producer_cpus"), "0 2");
  EXPECT_EQ(field(rows, 2, "consumer_cpus"), "1");
  EXPECT_EQ(field(rows, 2, "started_utc"), "2026-11-21T02:53:27Z");
}

TEST(export_csv, keeps_metrics_that_the_suite_does_not_know) {
  auto samples = fixed_cell(0, fixed_key("futex", "null"), {100});
  samples[0].result->metrics["old_count"] = 3;
  EXPECT_EQ(field(parsed(csv_of(samples)), 1, "old_count"), "3");
}

TEST(export_csv, quotes_as_the_rfc_has_it) {
  const std::string csv = csv_of({fixed_note(4, fixed_key("futex", "dir"), false, "a \"b\", c")});
  EXPECT_NE(csv.find(",\"a \"\"b\"\", c\"\r\n"), std::string::npos) << csv;
}

TEST(measured, takes_an_axis_that_is_newer_than_its_samples_at_its_fallback) {
  const temporary_directory directory;
  write_run(directory / "run", fixed_cell(0, {{"ring", "futex"}, {"sink", "null"}}, {1}));
  const measured_set found = load_measured(directory / "run", fake_suites());
  EXPECT_EQ(found.cells.at(0).key, fixed_key("futex", "null"));
}

TEST(measured, refuses_samples_of_an_axis_that_the_suite_lacks) {
  const temporary_directory directory;
  json key = fixed_key("futex", "null");
  key["weather"] = "fine";
  write_run(directory / "run", fixed_cell(0, key, {1}));
  EXPECT_EQ(message_of<error>([&] { load_measured(directory / "run", fake_suites()); }),
            (directory / "run").string() + " cannot be used: the suite fake has no axis weather");
}

}  // namespace
}  // namespace annulus::harness
