#include "table.hpp"

#include "fixtures.hpp"

namespace annulus::harness {
namespace {

class table_of_run : public testing::Test {
 protected:
  [[nodiscard]] table made(const std::vector<sample>& from = fixed_samples()) const {
    write_run(directory_ / "run-1", from);
    return make_table(directory_ / "run-1");
  }
  temporary_directory directory_;
};

TEST_F(table_of_run, markdown_is_exact) {
  EXPECT_EQ(to_markdown(made()), R"(# run-1

Test CPU, 2 CPUs, 1 NUMA node, Linux 6.1.
mode serial, hand copy, ring size 2MiB, read size 64KiB, block 1MiB, geometry 8+4, placement none, memory any, sync no.
1 of 18 turns have no result.

## Sink: null

| ring  | mode   | MB/s [95 % interval] | CPU-s/GiB | stall p99 µs | verified |   n |
|-------|--------|---------------------:|----------:|-------------:|---------:|----:|
| mutex | serial |     1000 [990, 1010] |      2.00 |         1.50 |      yes |   3 |
| futex | serial |    2000 [1900, 2100] |      2.00 |         1.50 |      yes |   3 |
| spsc  | serial |    2050 [1950, 2150] |      2.00 |         1.50 |      yes |   3 |

Fastest: spsc null serial, 2050 MB/s; tie with futex null serial.

## Sink: dir

| ring  | mode   | MB/s [95 % interval] | CPU-s/GiB | stall p99 µs | verified |   n |
|-------|--------|---------------------:|----------:|-------------:|---------:|----:|
| mutex | serial |       500 [495, 505] |      2.00 |         1.50 |      yes |   3 |
| futex | serial |       805 [800, 810] |      2.00 |         1.50 |      yes |   2 |
| spsc  | serial |    5000 [5000, 5000] |      2.00 |         1.50 |       no |   3 |

Fastest: futex dir serial, 805 MB/s.

## Failed

- futex dir serial: disk full

## Skipped

- pipe dir serial: no such node
)");
}

TEST_F(table_of_run, an_axis_that_varies_is_a_column) {
  json large = fixed_key("futex", "null", "serial");
  large["ring_size"] = 65536;
  const table found = made(fixed_cell(0, fixed_key("futex", "null", "serial"), {100, 101}) +
                           fixed_cell(1, large, {50, 51}));
  EXPECT_EQ(found.varying, (std::vector<std::string>{"ring_size"}));
  EXPECT_FALSE(found.constant.contains("ring_size"));
  EXPECT_NE(to_markdown(found).find("| ring  | mode   | ring size |"), std::string::npos);
  EXPECT_NE(to_markdown(found).find("futex null serial ring_size=2MiB"), std::string::npos);
}

TEST_F(table_of_run, one_repetition_has_no_interval_and_wins_nothing_alone) {
  const auto samples = fixed_cell(0, fixed_key("futex", "null", "serial"), {100}) +
                       fixed_cell(1, fixed_key("spsc", "null", "serial"), {900, 901});
  EXPECT_NE(to_markdown(made(samples)).find("100 [-]"), std::string::npos);
  ASSERT_EQ(winners(samples).size(), 1U);
  EXPECT_EQ(winners(samples)[0].ties, (std::vector<std::string>{"futex null serial"}));
}

TEST_F(table_of_run, json_has_the_numbers) {
  const json found = to_json(made());
  const json& row = found.at("sinks").at(0).at("rows").at(0);
  EXPECT_NEAR(row.at("mb_per_second").at("median").get<double>(), 1000, 1e-9);
  EXPECT_NEAR(row.at("mb_per_second").at("interval_95").at(1).get<double>(), 1010, 1e-9);
  EXPECT_EQ(row.at("verified"), true);
  EXPECT_EQ(found.at("winners").at(1).at("cell"), "futex dir serial");
  EXPECT_EQ(found.at("skipped").at(0).at("reason"), "no such node");
}

TEST_F(table_of_run, a_missing_metric_is_an_error_not_a_zero) {
  std::vector<sample> samples = fixed_samples();
  samples[1].result->erase("cpu_seconds");
  EXPECT_EQ(message_of<error>([&] { static_cast<void>(made(samples)); }),
            "cell 0 (mutex null serial): its result's cpu_seconds is missing");
  samples = fixed_samples();
  samples[0].result->at("seconds") = 0;
  EXPECT_EQ(message_of<error>([&] { static_cast<void>(made(samples)); }),
            "cell 0 (mutex null serial): its result's seconds is impossible: 0");
  samples = fixed_samples();
  samples[0].result->at("stall_ns").erase("p99");
  EXPECT_EQ(message_of<error>([&] { static_cast<void>(made(samples)); }),
            "cell 0 (mutex null serial): its result's stall_ns/p99 is missing");
}

TEST_F(table_of_run, an_environment_of_other_types_is_an_error) {
  const auto refused = [&](const std::string& text) {
    write_run(directory_ / "run-1", fixed_samples());
    write(directory_ / "run-1/env.json", text);
    return message_of<error>([&] { make_table(directory_ / "run-1"); });
  };
  const std::string start = (directory_ / "run-1").string() + " is no result set: env.json: its ";
  EXPECT_EQ(refused(R"({"cpus": "two"})"),
            start + "cpus must be a whole number from 0 to 4294967296");
  EXPECT_EQ(refused(R"({"turns": -1})"),
            start + "turns must be a whole number from 0 to 4294967296");
  EXPECT_EQ(refused(R"({"kernel": ["Linux"]})"),
            start + "kernel must be a text of at most 1024 bytes");
  for (const std::string& text : {std::string(300'000, '['), std::string("[]"), std::string(),
                                  std::string(R"({"cpus": 2} {})")}) {
    EXPECT_NE(refused(text).find("it must be a JSON object"), std::string::npos) << refused(text);
  }
}

TEST_F(table_of_run, what_it_shows_forges_no_line) {
  std::vector<sample> samples = fixed_samples();
  samples.back().skipped = "no\n## Sink: forged\n\x1b[31m";
  write_run(directory_ / "run-1", samples);
  write(directory_ / "run-1/env.json", R"({"cpu_model": "fast\n# forged", "cpus": 2})");
  const auto text = to_markdown(make_table(directory_ / "run-1"));
  EXPECT_NE(text.find("no\\x0a## Sink: forged\\x0a\\x1b[31m"), std::string::npos) << text;
  EXPECT_EQ(text.find("\n# forged"), std::string::npos) << text;
}

TEST_F(table_of_run, a_key_without_its_axes_is_an_error) {
  EXPECT_EQ(message_of<error>([&] {
              static_cast<void>(made(fixed_cell(0, {{"ring", "futex"}, {"mode", "serial"}}, {1})));
            }),
            "a cell's key lacks the axis sink");
}

TEST_F(table_of_run, a_directory_without_a_run_is_an_error) {
  EXPECT_THROW(make_table(directory_.path()), error);
}

}  // namespace
}  // namespace annulus::harness
