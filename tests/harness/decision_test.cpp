// What a run decides against its baseline, of samples with known numbers.
#include "report/decision.hpp"

#include "measure/result_set.hpp"
#include "report/plot.hpp"
#include "support.hpp"

namespace annulus::harness {
namespace {

// Rings of two sizes against a pipe that has none, under loads that part the table if there are
// several of them.
class contest : public suite {
 public:
  contest()
      : suite({.name = "contest",
               .description = "Nothing that exists",
               .axes = {{"sink", "Where it goes", words({"null", "dir"}), "dir"},
                        {"ring", "What stands between",
                         with_hidden(words({"pipe", "a", "b"}), {"none"}), "a"},
                        {"size", "How large it is", sizes(), 1024},
                        {"load", "How", words({"steady", "slow"}), "steady"}},
               .metrics = {{bytes_per_second, "MB/s", better::higher, 1e-6},
                           {cpu_per_gib, "CPU-s/GiB", better::lower},
                           {stall_p999, "stall p99.9 µs", better::lower}},
               .table = {.section = "sink",
                         .section_if_varies = "load",
                         .rows = {"ring"},
                         .baseline_axis = "ring",
                         .baseline_value = "pipe"}}) {}

  [[nodiscard]] json reduced(json key) const override {
    if (key.at("ring") == "pipe") key["size"] = 1024;
    return key;
  }
  [[nodiscard]] std::vector<std::string> shown(const json& /*key*/) const override {
    return {bytes_per_second, cpu_per_gib, stall_p999};
  }
  [[nodiscard]] std::vector<json> roofs(const json& key) const override {
    if (key.at("ring") == "none") return {};
    return {{{"sink", "dir"}, {"ring", "none"}, {"size", 1024}, {"load", "steady"}}};
  }
  [[nodiscard]] double seconds(const json& /*key*/) const override { return 1; }
  [[nodiscard]] cell_result run(const cell_request& /*cell*/) const override { return {}; }
};

class decisions : public testing::Test {
 public:
  // Six samples around `rate`, half a percent apart.
  decisions& cell(const std::string& ring, int size, double rate, double cpu = 1, int count = 6,
                  const std::string& load = "steady", bool marked = false, int first = 1) {
    for (int at = 0; at < count; ++at) {
      sample& turn = samples_.emplace_back();
      turn.cell = cells_;
      turn.key = {{"sink", "dir"}, {"ring", ring}, {"size", size}, {"load", load}};
      turn.repetition = first + at;
      turn.is_roof = ring == "none";
      turn.spec = json::object();
      if (marked) turn.fitness = {{"marks", {"others used 50 % of the CPUs"}}};
      const double here = rate * (1 + 0.001 * (at % 3));
      turn.result = cell_result{
          .verified = true,
          .bytes = 1,
          .amount = 1,
          .seconds = 1,
          .metrics = {
              {bytes_per_second, here * 1e6}, {cpu_per_gib, cpu}, {stall_p999, 1e6 / rate}}};
    }
    ++cells_;
    return *this;
  }

 protected:
  std::filesystem::path written(const std::string& name = "run-1") {
    const auto directory = directory_ / name;
    std::filesystem::create_directories(directory);
    const matrix what = parse_matrix(
        "schema = 1\nsuite = 'contest'\nname = 'm'\ndescription = 'What to take?'\n[axes]\n", "m",
        {&of_});
    write(directory / environment_name, json{{"schema", schema},
                                             {"suite", "contest"},
                                             {"cpu_model", "Test CPU"},
                                             {"matrix", to_toml(what)}}
                                            .dump());
    std::filesystem::remove(directory / samples_name);
    sample_writer writer(directory / samples_name, 0);
    for (const sample& each : samples_) writer.append(each);
    return directory;
  }
  std::vector<std::string> sentences() {
    const table made = make_table(written(), {&of_});
    std::vector<std::string> out;
    for (const decision& each : decisions_of(made)) out.push_back(sentence_of(made, each));
    return out;
  }
  std::string headline() {
    const table made = make_table(written(), {&of_});
    return headline_of(made, decisions_of(made).front());
  }

  contest of_;
  temporary_directory directory_;

 private:
  std::vector<sample> samples_;
  std::size_t cells_ = 0;
};

TEST_F(decisions, need_no_repetition_beside_the_baseline) {
  cell("pipe", 1024, 100).cell("a", 1024, 200, 1, 6, "steady", false, 7);
  const auto made = decisions_of(make_table(written(), {&of_}));
  ASSERT_EQ(made.size(), 1U);
  EXPECT_EQ(made[0].how, decision::kind::one);
}

TEST_F(decisions, take_the_one_that_is_better_than_all_others) {
  cell("pipe", 1024, 500, 0.5).cell("a", 1024, 600).cell("a", 4096, 1000, 0.8).cell("b", 4096, 900);
  EXPECT_EQ(sentences(),
            (std::vector<std::string>{
                "Sink dir: a (size 4KiB), 2.00 [2.00-2.00] times pipe; 0.800 CPU-s/GiB (pipe "
                "0.500), stall p99.9 of 1000 µs (pipe 2000)."}));
  EXPECT_EQ(headline(), "a 4KiB, 2.00 × pipe");
}

TEST_F(decisions, are_one_for_each_load_where_there_are_several) {
  cell("pipe", 1024, 500).cell("a", 4096, 1000).cell("a", 1024, 800);
  cell("pipe", 1024, 100, 1, 6, "slow").cell("a", 4096, 101, 1, 6, "slow");
  const auto found = sentences();
  ASSERT_EQ(found.size(), 2U);
  EXPECT_TRUE(found[0].starts_with("Load steady: a (size 4KiB), 2.00")) << found[0];
  EXPECT_TRUE(found[1].starts_with("Load slow: pipe is as good")) << found[1];
}

TEST_F(decisions, call_a_tie_by_that_word_and_take_the_cheapest) {
  cell("pipe", 1024, 500).cell("a", 1024, 1000, 0.9).cell("a", 4096, 1001, 0.7);
  cell("b", 1024, 1001, 0.8).cell("b", 4096, 700, 0.1);
  const auto found = sentences().front();
  EXPECT_TRUE(found.starts_with("Sink dir: tie, cheapest is a (size 4KiB), 2.00 ")) << found;
  EXPECT_EQ(found.find("b (size"), std::string::npos) << "others are named: " << found;
  EXPECT_EQ(headline(), "tie, cheapest: a 4KiB, 2.00 × pipe");
}

// Distinguishable, and still not worth a ring: effect and interval have to agree.
TEST_F(decisions, leave_the_baseline_where_it_is_as_good) {
  cell("pipe", 1024, 500, 0.5).cell("a", 1024, 520, 0.9);
  EXPECT_EQ(sentences().front(),
            "Sink dir: pipe is as good, so that nothing needs to stand there (the fastest, a: 1.04 "
            "[1.04-1.04] times pipe); 0.500 CPU-s/GiB, stall p99.9 of 2000 µs.");
  EXPECT_EQ(headline(), "nothing: pipe is as good");
}

TEST_F(decisions, leave_the_baseline_where_nothing_is_faster) {
  cell("pipe", 1024, 500, 0.5).cell("a", 1024, 400);
  EXPECT_EQ(
      sentences().front(),
      "Sink dir: pipe is as good, so that nothing needs to stand there; 0.500 CPU-s/GiB, stall "
      "p99.9 of 2000 µs.");
}

TEST_F(decisions, are_not_made_of_samples_in_bad_company) {
  cell("pipe", 1024, 500, 1, 6, "steady", true).cell("a", 1024, 900, 1, 6, "steady", true);
  EXPECT_EQ(sentences().front(),
            "Sink dir: it cannot be told: no sample was measured in good company.");
  EXPECT_EQ(headline(), "cannot be told");
}

TEST_F(decisions, are_not_made_of_few_samples) {
  cell("pipe", 1024, 500, 1, 5).cell("a", 1024, 900, 1, 5);
  EXPECT_EQ(sentences().front(),
            "Sink dir: it cannot be told: no cell has the 6 verified samples in good company that "
            "an interval needs.");
}

TEST_F(decisions, say_of_how_many_cells_they_are_not) {
  cell("pipe", 1024, 500).cell("a", 1024, 900).cell("b", 1024, 2000, 1, 5);
  const auto found = sentences().front();
  EXPECT_TRUE(found.starts_with("Sink dir: a, 1.80 ")) << found;
  EXPECT_TRUE(found.ends_with(" (without 1 of 3 cells, too few of whose samples count).")) << found;
}

TEST_F(decisions, need_no_baseline) {
  cell("a", 1024, 500).cell("b", 1024, 900);
  EXPECT_TRUE(sentences().front().starts_with("Sink dir: b, 901 [900-902] MB/s; 1.00 CPU-s/GiB, "))
      << sentences().front();
}

TEST_F(decisions, stand_on_a_table_with_ratios_to_the_baseline) {
  cell("pipe", 1024, 500).cell("a", 1024, 600).cell("a", 4096, 1000).cell("none", 1024, 2000);
  const table made = make_table(written(), {&of_});
  const std::string text = to_markdown(made);
  EXPECT_LT(text.find(" MB/s |"), text.find(" of pipe |")) << text;
  EXPECT_LT(text.find(" of pipe |"), text.find(" of roof |")) << text;
  EXPECT_LT(text.find(" of roof |"), text.find(" CPU-s/GiB |")) << text;
  const auto& cells = made.sections.at(0).cells;
  ASSERT_EQ(cells.size(), 4U);
  EXPECT_FALSE(cells[0].of_baseline);
  // The pipe has no size: its one cell stands beside every size of the others.
  EXPECT_DOUBLE_EQ(cells[1].of_baseline.value_or(estimate{}).median, 1.2);
  EXPECT_DOUBLE_EQ(cells[2].of_baseline.value_or(estimate{}).median, 2);
  EXPECT_FALSE(cells[3].of_baseline);
  const json data = to_json(made).at("sections").at(0).at("cells");
  EXPECT_FALSE(data.at(0).contains("of_baseline"));
  EXPECT_DOUBLE_EQ(data.at(2).at("of_baseline").at("median").get<double>(), 2);
}

TEST_F(decisions, are_drawn_alike_from_alike_samples) {
  cell("pipe", 1024, 500).cell("a", 1024, 600).cell("a", 4096, 1000).cell("none", 1024, 2000);
  cell("pipe", 1024, 100, 1, 6, "slow").cell("a", 4096, 101, 1, 6, "slow");
  const auto drawn = [&](const char* out) {
    plot_run(written(), {&of_}, ANNULUS_PLOTS, directory_ / out);
    return read(directory_ / out / "run-1" / "decision.svg");
  };
  const std::string svg = drawn("one");
  for (const char* text : {"What to take?", "a 4KiB, 2.00 × pipe", "nothing: pipe is as good",
                           "load slow", "2.00×", "baseline", "Test CPU"}) {
    EXPECT_NE(svg.find(text), std::string::npos) << text;
  }
  std::size_t dots = 0;
  for (auto at = svg.find("gpPt6'"); at != std::string::npos; at = svg.find("gpPt6'", at + 1))
    ++dots;
  EXPECT_EQ(dots, 31U);  // of five cells six repetitions, and gnuplot's definition
  EXPECT_EQ(drawn("two"), svg);
  EXPECT_TRUE(std::filesystem::exists(directory_ / "one" / "run-1" / "decision.png"));
}

}  // namespace
}  // namespace annulus::harness
