#include "report/table.hpp"

#include <fmt/format.h>

#include "base/columns.hpp"
#include "measure/result_set.hpp"
#include "report/reference.hpp"
#include "suites/registry.hpp"
#include "support.hpp"

namespace annulus::harness {
namespace {

constexpr auto toy_waits = "waits_us";

// Three rings in front of two sinks; what bounds them is the ring "none", which has neither sink
// nor size.
class toy : public suite {
 public:
  explicit toy(layout table, std::string judged_by = bytes_per_second)
      : suite({.name = "toy",
               .description = "Nothing that exists",
               .axes = {{"sink", "Where it goes", words({"null", "dir"}), "null"},
                        {"ring", "What stands between",
                         with_hidden(words({"a", "b", "c"}), {"none"}), "a"},
                        {"size", "How large it is", sizes(), 1024},
                        {"pairs", "How many at once", counts(1, 9), 1}},
               .metrics = {{bytes_per_second, "MB/s", better::higher, 1e-6},
                           {toy_waits, "waits µs", better::lower}},
               .table = std::move(table),
               .quantities = {"frame"},
               .reads_input = true,
               .note = "It was compared."}),
        judged_by_(std::move(judged_by)) {}

  [[nodiscard]] std::vector<std::string> shown(const json& /*key*/) const override {
    return judged_by_ == toy_waits ? std::vector<std::string>{toy_waits, bytes_per_second}
                                   : std::vector<std::string>{bytes_per_second, toy_waits};
  }
  [[nodiscard]] std::vector<json> roofs(const json& key) const override {
    if (key.at("ring") == "none") return {};
    return {{{"sink", "null"}, {"ring", "none"}, {"size", 1024}, {"pairs", 1}}};
  }
  [[nodiscard]] double seconds(const json& /*key*/) const override { return 1; }
  [[nodiscard]] std::string role(const json& key) const override {
    return key.at("ring") == "none" ? "roof" : "";
  }
  [[nodiscard]] cell_result run(const cell_request& /*cell*/) const override { return {}; }

 private:
  std::string judged_by_;
};

json toy_key(const std::string& sink, const std::string& ring, int size = 1024, int pairs = 1) {
  return {{"sink", sink}, {"ring", ring}, {"size", size}, {"pairs", pairs}};
}

// A run of the toy, written turn by turn.
class toy_run {
 public:
  explicit toy_run(const std::filesystem::path& directory) : directory_(directory) {
    std::filesystem::create_directories(directory);
    write_environment({{"schema", schema},
                       {"suite", "toy"},
                       {"cpu_model", "Test CPU"},
                       {"cpus", 2},
                       {"numa_nodes", 1},
                       {"kernel", "Linux 6.1"}});
  }
  void write_environment(const json& what) { write(directory_ / environment_name, what.dump()); }

  // A cell whose repetitions gave these rates in MB/s, and 2 toy_waits each.
  toy_run& cell(const json& key, const std::vector<double>& rates, bool verified = true) {
    for (const double& rate : rates) {
      sample& turn = next(key, static_cast<int>(&rate - rates.data()) + 1);
      turn.result =
          cell_result{.verified = verified,
                      .bytes = 1,
                      .amount = 1,
                      .seconds = 1,
                      .metrics = {{bytes_per_second, rate * 1e6}, {toy_waits, 2000 / rate}}};
    }
    return *this;
  }
  // The last turn was measured in bad company.
  toy_run& marked(const std::string& why) {
    samples_.back().fitness = {{"marks", {why}}};
    return *this;
  }
  toy_run& failed(const json& key, int repetition, const std::string& why) {
    next(key, repetition).error = why;
    return *this;
  }
  toy_run& skipped(const json& key, const std::string& why) {
    next(key, 0).skipped = why;
    return *this;
  }
  [[nodiscard]] table made(const suite& of) const {
    std::filesystem::remove(directory_ / samples_name);
    sample_writer writer(directory_ / samples_name, 0);
    for (const sample& each : samples_) writer.append(each);
    return make_table(directory_, {&of});
  }

 private:
  sample& next(const json& key, int repetition) {
    if (samples_.empty() || samples_.back().key != key) ++cells_;
    sample& out = samples_.emplace_back();
    out.cell = cells_;
    out.key = key;
    out.repetition = repetition;
    out.is_roof = key.at("ring") == "none";
    out.spec = json::object();
    return out;
  }

  std::filesystem::path directory_;
  std::vector<sample> samples_;
  std::size_t cells_ = 0;
};

bool shows(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Six alike, and so an interval without width.
std::vector<double> six_of(double rate) {
  return std::vector<double>(6, rate);
}

class table_of : public testing::Test {
 protected:
  temporary_directory directory_;
  toy_run run_{directory_ / "run-1"};
  toy by_sink_{{.section = "sink", .rows = {"ring"}}};
};

TEST_F(table_of, a_run_as_markdown) {
  run_.write_environment({{"schema", schema},
                          {"suite", "toy"},
                          {"cpu_model", "Test CPU"},
                          {"cpus", 2},
                          {"numa_nodes", 1},
                          {"kernel", "Linux 6.1"},
                          {"virtual_topology", {{"hypervisor", "KVM"}}},
                          {"turns", 40}});
  run_.cell(toy_key("null", "a"), six_of(1000))
      .cell(toy_key("null", "b"), six_of(2000))
      .cell(toy_key("dir", "a"), six_of(500))
      .marked("others used 7.5 % of the CPUs")
      .cell(toy_key("dir", "b"), six_of(900), false)
      .failed(toy_key("dir", "c"), 1, "disk full")
      .failed(toy_key("dir", "c"), 2, "disk full")
      .cell(toy_key("null", "none"), six_of(4000));
  EXPECT_EQ(to_markdown(run_.made(by_sink_)), R"(# run-1

toy: size 1KiB, pairs 1.
10 of 40 turns have no result.

## Sink: null

| ring |      |             MB/s |             of roof |            waits µs | verified |   n |
|------|------|-----------------:|--------------------:|--------------------:|---------:|----:|
| a    |      | 1000 [1000-1000] | 0.250 [0.250-0.250] |    2.00 [2.00-2.00] |      yes |   6 |
| b    |      | 2000 [2000-2000] | 0.500 [0.500-0.500] |    1.00 [1.00-1.00] |      yes |   6 |
| none | roof | 4000 [4000-4000] |                   - | 0.500 [0.500-0.500] |      yes |   6 |

Fastest: b, 2000 MB/s.

## Sink: dir

| ring |      |             MB/s |             of roof |            waits µs | verified |                n |
|------|------|-----------------:|--------------------:|--------------------:|---------:|-----------------:|
| a    |      |              500 |               0.125 |                4.00 |      yes | 5 of 6, 1 marked |
| b    |      |    900 [900-900] | 0.225 [0.225-0.225] |    2.22 [2.22-2.22] |       no |                6 |
| none | roof | 4000 [4000-4000] |                   - | 0.500 [0.500-0.500] |      yes |                6 |

Fastest: a, 500 MB/s.

Medians, with their 95 % interval in brackets.

Fewer than 6 repetitions give a median no interval.

## Failed

- c dir and 1 more turn: disk full

## Conditions

Test CPU, 2 CPUs, 1 NUMA node, Linux 6.1, under KVM.
1 of 30 samples was marked, so that no verdict counts it: others used 7.5 % of the CPUs.

It was compared.
)");
}

TEST_F(table_of, axes_that_vary_are_columns_and_others_are_said_once) {
  run_.cell(toy_key("null", "a", 1024), six_of(1))
      .cell(toy_key("null", "a", 2048), six_of(2))
      .cell(toy_key("dir", "a", 4096, 3), six_of(3));
  const table found = run_.made(by_sink_);
  ASSERT_EQ(found.sections.size(), 2U);
  EXPECT_EQ(found.constant, json::object());
  EXPECT_EQ(found.sections[0].columns, (std::vector<std::string>{"ring", "size"}));
  EXPECT_EQ(found.sections[0].constant, (json{{"pairs", "1"}}));
  EXPECT_EQ(found.sections[1].columns, (std::vector<std::string>{"ring"}));
  EXPECT_EQ(found.sections[1].constant, (json{{"size", "4KiB"}, {"pairs", "3"}}));
  const std::string text = to_markdown(found);
  EXPECT_TRUE(shows(text, "| ring | size |")) << text;
  EXPECT_TRUE(shows(text, "size 4KiB, pairs 3.\n\n| ring |")) << text;
  EXPECT_TRUE(shows(text, "Fastest: a size=2KiB, 2.00 MB/s.")) << text;
}

TEST_F(table_of, an_axis_across_has_a_table_for_each_figure) {
  const toy by_size({.section = "", .rows = {"ring"}, .across = "size"});
  run_.cell(toy_key("null", "a", 1024), six_of(1))
      .cell(toy_key("null", "a", 2048), six_of(2))
      .cell(toy_key("null", "b", 2048), six_of(3))
      .marked("one")
      .cell(toy_key("null", "none"), six_of(4));
  EXPECT_TRUE(shows(to_markdown(run_.made(by_size)), R"(
| ring |      |        1KiB MB/s |        2KiB MB/s | verified |                n |
|------|------|-----------------:|-----------------:|---------:|-----------------:|
| a    |      | 1.00 [1.00-1.00] | 2.00 [2.00-2.00] |      yes |                6 |
| b    |      |                - |             3.00 |      yes | 5 of 6, 1 marked |
| none | roof | 4.00 [4.00-4.00] | 4.00 [4.00-4.00] |      yes |                6 |

| ring |     |        1KiB of roof |        2KiB of roof |
|------|-----|--------------------:|--------------------:|
| a    |     | 0.250 [0.250-0.250] | 0.500 [0.500-0.500] |
| b    |     |                   - |               0.750 |

| ring |      |    1KiB waits µs |    2KiB waits µs |
|------|------|-----------------:|-----------------:|
| a    |      | 2000 [2000-2000] | 1000 [1000-1000] |
| b    |      |                - |              667 |
| none | roof |    500 [500-500] |    500 [500-500] |

Fastest: b size=2KiB, 3.00 MB/s; tie with a size=2KiB, a size=1KiB.
)")) << to_markdown(run_.made(by_size));
}

TEST_F(table_of, fewer_than_six_repetitions_have_no_interval_and_tie) {
  run_.cell(toy_key("null", "a"), {1, 1, 1}).cell(toy_key("null", "b"), {9, 9, 9});
  std::string text = to_markdown(run_.made(by_sink_));
  EXPECT_TRUE(shows(text, "|    a | 1.00 |") || shows(text, "| 1.00 |")) << text;
  EXPECT_TRUE(shows(text, "Fastest: b, 9.00 MB/s; tie with a.")) << text;
  EXPECT_TRUE(shows(text, "Fewer than 6 repetitions give a median no interval")) << text;
  EXPECT_FALSE(shows(text, "95 %")) << text;
}

TEST_F(table_of, many_ties_are_one_word) {
  run_.cell(toy_key("null", "a"), {1, 2, 3, 4, 5, 6})
      .cell(toy_key("null", "b"), {2, 3, 4, 5, 6, 7})
      .cell(toy_key("null", "c"), {1, 3, 4, 5, 6, 6})
      .cell(toy_key("null", "a", 2048), {1, 2, 3, 4, 5, 6.5});
  EXPECT_TRUE(shows(to_markdown(run_.made(by_sink_)), "\nFastest: no one: 4 cells tie.\n"));
}

TEST_F(table_of, the_lowest_wins_where_less_is_better) {
  const toy by_waits({.section = "sink", .rows = {"ring"}}, toy_waits);
  run_.cell(toy_key("null", "a"), six_of(10)).cell(toy_key("null", "b"), six_of(1000));
  EXPECT_TRUE(shows(to_markdown(run_.made(by_waits)), "\nLowest: b, 2.00 waits µs.\n"));
}

TEST_F(table_of, nobody_wins_where_cells_do_different_work) {
  const toy no_contest({.section = "sink", .rows = {"ring"}, .is_contest = false});
  run_.cell(toy_key("null", "a"), six_of(10)).cell(toy_key("null", "b"), six_of(1000));
  EXPECT_FALSE(run_.made(no_contest).sections.at(0).best);
  EXPECT_TRUE(run_.made(by_sink_).sections.at(0).best);
}

TEST_F(table_of, samples_in_bad_company_are_counted_and_win_nothing) {
  run_.cell(toy_key("null", "a"), {1, 1, 1, 1, 1, 1, 100})
      .marked("others used 7.5 % of the CPUs")
      .cell(toy_key("null", "b"), {50})
      .marked("others used 61 % of the CPUs");
  const table found = run_.made(by_sink_);
  EXPECT_EQ(found.marked, 2U);
  EXPECT_EQ(found.sections.at(0).best->cell, "a");
  const std::string text = to_markdown(found);
  EXPECT_TRUE(shows(text, "| 6 of 7, 1 marked |")) << text;
  EXPECT_TRUE(shows(text, "| 0 of 1, 1 marked |")) << text;
  EXPECT_TRUE(
      shows(text,
            "2 of 8 samples were marked, so that no verdict counts them: others used 61 % of "
            "the CPUs, at worst of 2."))
      << text;
}

TEST_F(table_of, one_reason_is_said_once) {
  run_.cell(toy_key("null", "a"), six_of(1))
      .skipped(toy_key("dir", "a"), "no such disk")
      .skipped(toy_key("dir", "b"), "no such disk")
      .skipped(toy_key("dir", "c"), "no such disk")
      .skipped(toy_key("null", "c"), "too many");
  const std::string text = to_markdown(run_.made(by_sink_));
  EXPECT_TRUE(shows(text, R"(
## Skipped

- a dir and 2 more cells: no such disk
- c null: too many
)")) << text;
}

TEST_F(table_of, what_a_median_hides_is_told) {
  run_.cell(toy_key("null", "a"), {10, 50, 10.1, 50.1, 10.2, 50.2, 10.1, 50.1, 10, 50, 10.1, 50})
      .cell(toy_key("null", "b"), {10, 11, 12, 13, 14, 15, 16, 17, 18})
      .cell(toy_key("null", "c"), {90, 10, 10.2, 9.9, 10.1, 10, 9.8, 10.1})
      .cell(toy_key("dir", "a"), six_of(10));
  EXPECT_TRUE(shows(to_markdown(run_.made(by_sink_)), R"(
## Look twice

- a null: two humps, around 10.1 and 50.05 MB/s, of neither of which the median says anything
- b null: drifts by +42.9 % from the first third of its repetitions to the last
- c null: its first repetition lies apart from all others

## Conditions
)")) << to_markdown(run_.made(by_sink_));
}

TEST_F(table_of, json_has_the_numbers_as_measured) {
  run_.cell(toy_key("dir", "a"), six_of(8))
      .cell(toy_key("dir", "b"), six_of(4))
      .cell(toy_key("null", "none"), {10, 10, 10, 10, 10});
  const json found = to_json(run_.made(by_sink_));
  const json& section = found.at("sections").at(0);
  EXPECT_EQ(section.at("sink"), "dir");
  const json& cell = section.at("cells").at(0);
  EXPECT_EQ(cell.at("metrics").at(bytes_per_second),
            (json{{"median", 8e6}, {"interval_95", {8e6, 8e6}}, {"n", 6}}));
  EXPECT_EQ(cell.at("of_roof"), (json{{"median", 0.8}, {"n", 5}}));
  EXPECT_EQ(cell.at("verified"), true);
  EXPECT_EQ(section.at("cells").at(2).at("roof"), true);
  EXPECT_EQ(section.at("winner").at("cell"), "a");
}

TEST_F(table_of, what_was_not_verified_is_told) {
  EXPECT_TRUE(run_.cell(toy_key("null", "a"), six_of(1)).made(by_sink_).all_verified());
  EXPECT_FALSE(run_.cell(toy_key("null", "b"), six_of(1), false).made(by_sink_).all_verified());
}

TEST_F(table_of, an_axis_that_was_not_there_yet_is_at_its_fallback) {
  run_.cell({{"sink", "null"}, {"ring", "a"}, {"size", 1024}}, {1});
  const json found = to_json(run_.made(by_sink_));
  EXPECT_EQ(found.at("sections").at(0).at("cells").at(0).at("key").at("pairs"), 1);
}

TEST_F(table_of, what_is_of_another_kind_is_refused) {
  const auto refused = [&] {
    return message_of<error>([&] { static_cast<void>(run_.made(by_sink_)); });
  };
  const std::string where = (directory_ / "run-1").string();
  run_.cell({{"sink", "null"}, {"ring", "a"}, {"size", 1024}, {"colour", "red"}}, {1});
  EXPECT_EQ(refused(), where + " cannot be used: the suite toy has no axis colour");
  run_ = toy_run(directory_ / "run-1");
  run_.cell({{"sink", 7}, {"ring", "a"}, {"size", 1024}, {"pairs", 1}}, {1});
  EXPECT_EQ(refused(), where + ": a cell of samples.jsonl is none of the suite toy");
  run_.write_environment({{"schema", schema}, {"suite", "tay"}});
  EXPECT_EQ(refused(), "the suite of " + where + " must be one of toy, but is \"tay\"");
  run_.write_environment({{"schema", schema}});
  EXPECT_EQ(refused(), where + " is no result set: its env.json names no suite");
  run_.write_environment({{"suite", "toy"}});
  EXPECT_TRUE(shows(refused(), " is no result set: env.json: it is of an older revision"))
      << refused();
  EXPECT_THROW(make_table(directory_.path(), {&by_sink_}), error);
}

TEST_F(table_of, what_it_shows_forges_no_line) {
  run_.write_environment({{"schema", schema}, {"suite", "toy"}, {"cpu_model", "fast\n# forged"}});
  run_.skipped(toy_key("null", "a"), "no\n## Sink: forged\n\x1b[31m");
  const std::string text = to_markdown(run_.made(by_sink_));
  EXPECT_TRUE(shows(text, "no\\x0a## Sink: forged\\x0a\\x1b[31m")) << text;
  EXPECT_FALSE(shows(text, "\n# forged")) << text;
}

TEST(columns, are_as_wide_as_what_is_seen) {
  const std::vector<text_row> rows{{"name", "µs"}, {"ä", "100"}};
  EXPECT_EQ(aligned(rows, 1, column_style::plain), "name   µs\nä     100\n");
  EXPECT_EQ(aligned(rows, 1, column_style::markdown),
            "| name |  µs |\n|------|----:|\n| ä    | 100 |\n");
}

TEST(estimates, are_shown_with_the_digits_that_their_size_needs) {
  EXPECT_EQ(estimate_text({0.01234, 0.01, 0.02, 6}), "0.0123 [0.0100-0.0200]");
  EXPECT_EQ(estimate_text({123456, 0, 0, 5}), "123456");
  EXPECT_EQ(estimate_text({12.34, 12, 13, 6}, 10), "123 [120-130]");
  EXPECT_EQ(estimate_text({0, 0, 0, 1}), "0");
}

// What the reference says is what a matrix of the defaults is.
TEST(reference, is_a_matrix_of_defaults_for_every_suite) {
  suite_list all = suites::all_suites();
  const toy one({.section = "sink", .rows = {"ring"}});
  all.push_back(&one);
  for (const suite* const each : all) {
    const std::string text = matrix_reference(*each);
    const matrix read = parse_matrix(text, "the reference", all);
    EXPECT_EQ(to_toml(read),
              to_toml(parse_matrix(fmt::format("schema = {}\nsuite = '{}'\nname = 'example'",
                                               schema, each->traits().name),
                                   "m", all)));
    for (const axis& what : each->axes())
      EXPECT_TRUE(shows(text, "\n" + what.name + " = [")) << what.name;
  }
  const std::string text = matrix_reference(one);
  EXPECT_TRUE(shows(
      text, "\n# What stands between. Allowed: one of a, b, c. Default: \"a\".\nring = [\"a\"]\n"))
      << text;
  EXPECT_TRUE(shows(
      text, "or a multiple of another one (of frame), such as \"2 x frame\". Default: \"1KiB\"."))
      << text;
}

}  // namespace
}  // namespace annulus::harness
