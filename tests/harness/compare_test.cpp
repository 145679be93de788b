#include "report/compare.hpp"

#include <cmath>
#include <random>

#include "fixtures.hpp"
#include "support/thinned.hpp"

namespace annulus::harness {
namespace {

using figures = std::vector<double>;

const figures steady{1000, 1010, 990, 1005, 995, 1002, 998, 1001, 999, 1003};

figures times(figures values, double factor) {
  for (double& each : values) each *= factor;
  return values;
}

cell_samples cell_of(const json& key, const figures& values, bool is_roof = false) {
  cell_samples out;
  out.key = key;
  out.is_roof = is_roof;
  for (const double value : values) {
    cell_result result;
    result.verified = true;
    result.metrics = {{bytes_per_second, value}, {cpu_per_gib, 1 / value}};
    out.results.emplace(static_cast<int>(out.results.size()) + 1, result);
  }
  return out;
}

cell_samples futex(const figures& values) {
  return cell_of(fixed_key("futex", "null"), values);
}
cell_samples roof(const figures& values) {
  return cell_of(fixed_key("copy", "null"), values, true);
}

const suite& fake() {
  return *fake_suites().front();
}

comparison compared(const std::vector<cell_samples>& first, const std::vector<cell_samples>& second,
                    double gate = 0.05, pairing how = pairing::none) {
  return compare_cells(fake(), first, second, gate, how);
}

TEST(compare, finds_what_is_worse_and_what_is_better) {
  const comparison slower = compared({futex(steady)}, {futex(times(steady, 0.9))});
  ASSERT_EQ(slower.cells.size(), 1U);
  const compared_cell& cell = slower.cells.front();
  EXPECT_EQ(cell.found, finding::worse);
  EXPECT_NEAR(cell.ratio.median, 0.9, 0.001);
  EXPECT_LT(cell.ratio.high, 0.92);
  EXPECT_LT(cell.chance, 0.001);
  EXPECT_EQ(verdict_text(slower), "The second is worse by more than 5 % in 1 of 1 cells");
  EXPECT_EQ(compared({futex(steady)}, {futex(times(steady, 1.1))}).cells.front().found,
            finding::better);
}

TEST(compare, needs_effect_interval_and_second_opinion) {
  // All samples are slower, but by less than the gate.
  EXPECT_EQ(compared({futex(steady)}, {futex(times(steady, 0.96))}).count(finding::worse), 0U);
  EXPECT_EQ(compared({futex(steady)}, {futex(times(steady, 0.96))}, 0.03).count(finding::worse),
            1U);
  // Half as fast in the middle, but the noise is as large.
  const figures wild{100, 2000, 300, 1500, 900, 1100};
  EXPECT_EQ(compared({futex(wild)}, {futex(times(wild, 0.8))}).count(finding::worse), 0U);
  // Of 47 cells, six samples cannot tell one: the least chance is 1/924.
  std::vector<cell_samples> first;
  std::vector<cell_samples> second;
  const figures six(steady.begin(), steady.begin() + 6);
  for (std::uint64_t size = 1; size <= 47; ++size) {
    json key = fixed_key("futex", "null");
    key["size"] = size;
    first.push_back(cell_of(key, six));
    second.push_back(cell_of(key, times(six, size == 1 ? 0.5 : 1)));
  }
  const comparison many = compared(first, second);
  EXPECT_EQ(many.count(finding::worse), 0U);
  EXPECT_EQ(many.needed, 7U);
  EXPECT_NE(
      verdict_text(many).find("7 samples of each cell are needed to tell one of 47 cells apart"),
      std::string::npos)
      << verdict_text(many);
  first.pop_back();
  second.pop_back();
  EXPECT_EQ(compared(first, second).count(finding::worse), 1U);
}

TEST(compare, lists_the_worst_first_and_what_has_no_verdict_last) {
  const auto cell = [](std::uint64_t size, const figures& values) {
    json key = fixed_key("futex", "null");
    key["size"] = size;
    return cell_of(key, values);
  };
  const comparison found = compared(
      {cell(1, steady), cell(2, {5}), cell(3, steady), cell(4, steady)},
      {cell(1, times(steady, 1.2)), cell(2, {5}), cell(3, times(steady, 0.7)), cell(4, steady)});
  ASSERT_EQ(found.cells.size(), 4U);
  EXPECT_EQ(found.cells[0].key.at("size"), 3);
  EXPECT_EQ(found.cells[1].key.at("size"), 4);
  EXPECT_EQ(found.cells[2].key.at("size"), 1);
  EXPECT_EQ(found.cells[3].found, finding::no_verdict);
  EXPECT_EQ(found.cells[3].reason, "1 and 1 samples, and 6 each are needed");
}

TEST(compare, doubts_what_runs_of_a_few_seconds_say) {
  comparison found = compared({futex(steady)}, {futex(times(steady, 0.9))});
  EXPECT_EQ(verdict_text(found).find("state of the machine"), std::string::npos);
  found.seconds = 6.25;
  EXPECT_NE(verdict_text(found).find("but of 6.2 s of measuring: a state of the machine"),
            std::string::npos)
      << verdict_text(found);
  found.cells.front().is_steadier_beside = true;
  EXPECT_EQ(verdict_text(found).find("state of the machine"), std::string::npos);
  found.cells.front().is_steadier_beside = false;
  found.seconds = 60;
  EXPECT_EQ(verdict_text(found).find("state of the machine"), std::string::npos);
  comparison same = compared({futex(steady)}, {futex(steady)});
  same.seconds = 6.25;
  EXPECT_EQ(verdict_text(same).find("state of the machine"), std::string::npos);
}

TEST(compare, leaves_marked_samples_out) {
  cell_samples marked = futex(figures(steady.begin(), steady.begin() + 5));
  marked.marked = futex(times(steady, 0.1)).results;
  const comparison found = compared({futex(steady)}, {marked});
  EXPECT_EQ(found.cells.front().found, finding::no_verdict);
  EXPECT_EQ(found.cells.front().reason, "10 and 5 samples, and 6 each are needed");
}

TEST(compare, says_why_a_cell_has_no_verdict) {
  const auto reason = [](const cell_samples& second) {
    return compared({futex(steady)}, {second}).cells.front().reason;
  };
  cell_samples skipped = futex({});
  skipped.skipped = "no such node";
  EXPECT_EQ(reason(skipped), "the second skipped it: no such node");
  cell_samples failed = futex({});
  failed.errors = {"disk full"};
  EXPECT_EQ(reason(failed), "it failed in the second: disk full");
  cell_samples wrong = futex(steady);
  wrong.results.at(1).verified = false;
  EXPECT_EQ(reason(wrong), "what arrived in the second was not verified");
  EXPECT_EQ(reason(futex({0, 0, 0, 0, 0, 0})),
            "its figure is 0 in a sample, of which there is no ratio");
}

TEST(compare, names_cells_that_one_of_the_two_lacks) {
  const cell_samples spsc = cell_of(fixed_key("spsc", "null"), steady);
  EXPECT_EQ(compared({futex(steady), spsc}, {futex(steady)}).unpaired,
            (std::vector<std::string>{"spsc: the second has no such cell"}));
  EXPECT_EQ(compared({futex(steady)}, {futex(steady), spsc}).unpaired,
            (std::vector<std::string>{"spsc: the first has no such cell"}));
}

TEST(compare, a_roof_that_moved_as_much_excuses_and_one_that_moved_less_does_not) {
  const auto with = [](double cell, double limit) {
    return compared({futex(steady), roof(steady)},
                    {futex(times(steady, cell)), roof(times(steady, limit))});
  };
  EXPECT_EQ(with(0.8, 0.8).cells.front().found, finding::moved_with_yardstick);
  EXPECT_EQ(with(0.8, 0.7).cells.front().found, finding::better) << "beside it, it is";
  EXPECT_EQ(with(0.8, 0.9).cells.front().found, finding::worse);
  EXPECT_EQ(with(0.8, 1.2).cells.front().found, finding::worse);
  EXPECT_EQ(with(0.8, 1.0).cells.front().found, finding::worse);
  EXPECT_EQ(with(0.8, 0.8).cells.size(), 1U);  // the roof itself is none that is judged
}

TEST(compare, says_that_the_machine_itself_has_moved) {
  const auto with = [](double limit) {
    return compared({futex(steady), roof(steady)},
                    {futex(times(steady, 0.8)), roof(times(steady, limit))});
  };
  const comparison slowed = with(0.6);
  EXPECT_NEAR(slowed.machine, 0.6, 0.001);
  EXPECT_TRUE(slowed.has_machine_moved());
  EXPECT_NE(verdict_text(slowed).find("the machine itself was at 0.60 of its speed"),
            std::string::npos)
      << verdict_text(slowed);
  EXPECT_TRUE(with(1.3).has_machine_moved());
  const comparison steady_machine = with(0.97);
  EXPECT_FALSE(steady_machine.has_machine_moved());
  EXPECT_EQ(verdict_text(steady_machine).find("the machine itself"), std::string::npos);
  EXPECT_EQ(compared({futex(steady)}, {futex(times(steady, 0.8))}).machine, 1);
}

class two_roofed final : public fake_suite {
 public:
  [[nodiscard]] std::vector<json> roofs(const json& key) const override {
    auto out = fake_suite::roofs(key);
    if (out.empty()) return out;
    out.push_back(out.front());
    out.back()["size"] = 4096;
    return out;
  }
};

TEST(compare, the_roof_that_varies_with_the_cell_is_its_yardstick) {
  const two_roofed of;
  const figures other_way(steady.rbegin(), steady.rend());
  const auto found = [&](double its_own, double another) {
    auto strange = roof(times(other_way, 10));
    strange.key["size"] = 4096;
    auto second = roof(times(other_way, 10 * another));
    second.key["size"] = 4096;
    return compare_cells(of, {futex(steady), strange, roof(steady)},
                         {futex(times(steady, 0.8)), second, roof(times(steady, its_own))}, 0.05,
                         pairing::none)
        .cells.front()
        .found;
  };
  EXPECT_EQ(found(0.8, 1), finding::moved_with_yardstick);
  EXPECT_EQ(found(1, 0.8), finding::worse);
}

TEST(compare, a_yardstick_that_varies_by_itself_excuses_by_its_median_alone) {
  const figures wild{1000, 1300, 800, 1150, 900, 1400, 700, 1050, 950, 1000};
  const auto found = [&](double cell, double limit) {
    return compared({futex(steady), roof(wild)},
                    {futex(times(steady, cell)), roof(times(wild, limit))})
        .cells.front();
  };
  EXPECT_FALSE(found(0.8, 1).is_steadier_beside);
  EXPECT_LT(found(0.9, 1).beside.low, 0.9);
  EXPECT_GT(found(0.9, 1).beside.high, 1) << "it says too little";
  EXPECT_EQ(found(0.9, 1).found, finding::worse);
  EXPECT_EQ(found(0.9, 0.9).found, finding::moved_with_yardstick);
  EXPECT_EQ(found(1, 0.9).found, finding::no_difference);
}

// Its ring spsc is none of ours.
class with_peer final : public fake_suite {
 public:
  [[nodiscard]] std::string role(const json& key) const override {
    return key.at("ring") == "spsc" ? "peer" : fake_suite::role(key);
  }
};

TEST(compare, beside_a_peer_is_seen_what_the_state_of_the_machine_hides) {
  const with_peer of;
  const figures tossed{1000, 500, 2000, 800, 1500, 700, 1200, 900, 600, 1800, 1000, 1100};
  const auto found = [&](double build, double state) {
    const auto peer = [](const figures& values) {
      return cell_of(fixed_key("spsc", "null"), values);
    };
    return compare_cells(of, {futex(tossed), peer(tossed)},
                         {futex(times(tossed, build * state)), peer(times(tossed, state))}, 0.05,
                         pairing::none);
  };
  const auto slowed = found(0.9, 1);
  EXPECT_EQ(slowed.cells.front().found, finding::worse);
  EXPECT_EQ(slowed.cells.front().yardstick, "spsc");
  EXPECT_NEAR(slowed.cells.front().beside.median, 0.9, 1e-9);
  EXPECT_EQ(slowed.count(finding::worse), 1U) << "the peer's yardstick is not the ring";
  EXPECT_EQ(found(1, 0.5).count(finding::worse), 0U);
  EXPECT_EQ(found(0.9, 0.5).cells.front().found, finding::worse);
  EXPECT_EQ(found(0.9, 1.05).cells.front().found, finding::worse);
  EXPECT_EQ(found(0.9, 1.5).cells.front().found, finding::worse) << "though it is faster";
}

TEST(compare, what_became_better_with_its_roof_is_none_that_is_better) {
  const auto with = [](double cell, double limit) {
    return compared({futex(steady), roof(steady)},
                    {futex(times(steady, cell)), roof(times(steady, limit))})
        .cells.front()
        .found;
  };
  EXPECT_EQ(with(1.2, 1.2), finding::moved_with_yardstick);
  EXPECT_EQ(with(1.2, 1.0), finding::better);
  EXPECT_EQ(with(1.2, 0.8), finding::better);
}

TEST(compare, a_roof_of_few_samples_excuses_nothing) {
  const comparison found =
      compared({futex(steady), roof({1000, 1001})}, {futex(times(steady, 0.8)), roof({800, 801})});
  EXPECT_EQ(found.cells.front().found, finding::worse);
}

TEST(compare, is_of_cells_whatever_the_order_of_their_axes) {
  json other = json::object();
  const json key = fixed_key("futex", "null");
  for (auto at = key.rbegin(); at != key.rend(); ++at) other[at.key()] = at.value();
  EXPECT_EQ(compared({futex(steady)}, {cell_of(other, times(steady, 0.5))}).count(finding::worse),
            1U);
  other.erase("size");  // as if it had been measured before there was this axis, at its default
  EXPECT_EQ(compared({futex(steady)}, {cell_of(other, times(steady, 0.5))}).count(finding::worse),
            1U);
}

TEST(compare, paired_rounds_cancel_what_both_met) {
  // Both are tossed about by the same factor each round; the second is a tenth slower throughout.
  const figures first{1000, 500, 2000, 800, 1500, 700, 1200, 900, 600, 1800, 1000, 1100};
  EXPECT_EQ(compared({futex(first)}, {futex(times(first, 0.9))}).count(finding::worse), 0U);
  const comparison paired =
      compared({futex(first)}, {futex(times(first, 0.9))}, 0.05, pairing::by_round);
  EXPECT_NEAR(paired.cells.front().ratio.median, 0.9, 1e-9);
  EXPECT_NEAR(paired.cells.front().ratio.high, 0.9, 1e-9);
}

TEST(compare, pairs_only_rounds_that_both_have) {
  cell_samples second = futex(steady);
  second.results.erase(3);
  const comparison found = compared({futex(steady)}, {second}, 0.05, pairing::by_round);
  EXPECT_EQ(found.cells.front().n, (std::array<std::size_t, 2>{9, 9}));
  EXPECT_DOUBLE_EQ(found.cells.front().ratio.median, 1);
}

// What two runs give: noise of 3 %, a drift of 4 % within each run, and strays, 5 % of all, that
// are a third slower.
class simulated_machine {
 public:
  explicit simulated_machine(std::uint64_t seed) : random_(seed) {}

  figures run(int repetitions, double factor) {
    figures out;
    const double drift = 0.04 * (part_(random_) - 0.5);
    for (int at = 0; at < repetitions; ++at) {
      const double stray = part_(random_) < 0.05 ? 0.67 : 1;
      const double along = drift * at / repetitions;
      out.push_back(1e9 * factor * stray * std::exp(along + 0.03 * noise_(random_)));
    }
    return out;
  }

  // Both builds by turns, with a drift in common that is three times as large.
  std::array<figures, 2> rounds(int number, double factor) {
    std::array<figures, 2> out;
    const double drift = 0.12 * (part_(random_) - 0.5);
    for (int at = 0; at < number; ++at) {
      for (std::size_t build = 0; build < out.size(); ++build) {
        const double stray = part_(random_) < 0.05 ? 0.67 : 1;
        const double along = drift * at / number;
        out.at(build).push_back(1e9 * (build == 0 ? 1 : factor) * stray *
                                std::exp(along + 0.03 * noise_(random_)));
      }
    }
    return out;
  }

 private:
  std::mt19937_64 random_;
  std::normal_distribution<double> noise_;
  std::uniform_real_distribution<double> part_;
};

constexpr std::uint64_t matrix_cells = 12;
constexpr int tries = 200;
constexpr int least = tries * 19 / 20;
constexpr auto skipped = "arithmetic alone, minutes of it under a sanitizer";

// In how many tries the second run is found to be worse, if one of its rings, a third of its cells,
// has this speed.
int found_worse(pairing how, int repetitions, double factor) {
  int out = 0;
  for (int turn = 0; turn < tries; ++turn) {
    simulated_machine machine(static_cast<std::uint64_t>(turn) + 1);
    std::vector<cell_samples> first;
    std::vector<cell_samples> second;
    for (std::uint64_t cell = 0; cell < matrix_cells; ++cell) {
      const bool slowed = cell % 3 == 0;
      json key = fixed_key(slowed ? "mutex" : cell % 3 == 1 ? "futex" : "spsc", "null");
      key["size"] = cell + 1;
      const double speed = slowed ? factor : 1;
      const auto both = how == pairing::by_round ? machine.rounds(repetitions, speed)
                                                 : std::array{machine.run(repetitions, 1),
                                                              machine.run(repetitions, speed)};
      first.push_back(cell_of(key, both[0]));
      second.push_back(cell_of(key, both[1]));
    }
    out += compared(first, second, 0.05, how).count(finding::worse) > 0 ? 1 : 0;
  }
  return out;
}

TEST(compare_simulated, two_runs_of_one_build_do_not_differ) {
  if (support::thinned > 1) GTEST_SKIP() << skipped;
  for (const int repetitions : {6, 9, 15})
    EXPECT_LE(found_worse(pairing::none, repetitions, 1), tries - least) << repetitions;
}

TEST(compare_simulated, a_ring_slowed_by_a_tenth_is_found) {
  if (support::thinned > 1) GTEST_SKIP() << skipped;
  for (const int repetitions : {9, 15})
    EXPECT_GE(found_worse(pairing::none, repetitions, 0.9), least) << repetitions;
}

TEST(compare_simulated, one_build_by_turns_with_itself_does_not_differ) {
  if (support::thinned > 1) GTEST_SKIP() << skipped;
  for (const int rounds : {6, 12, 20})
    EXPECT_LE(found_worse(pairing::by_round, rounds, 1), tries - least) << rounds;
}

TEST(compare_simulated, a_ring_slowed_by_a_tenth_is_found_by_turns) {
  if (support::thinned > 1) GTEST_SKIP() << skipped;
  for (const int rounds : {12, 20})
    EXPECT_GE(found_worse(pairing::by_round, rounds, 0.9), least) << rounds;
}

class compare_sets : public testing::Test {
 protected:
  measured_set made(const std::string& name, const std::function<void(json&)>& change = {}) {
    write_run(directory_ / name, fixed_samples());
    json environment = json::parse(read(directory_ / name / "env.json"));
    environment["input"] = {{"name", "generated"}, {"bytes", 1000}};
    environment["build"] = {{"commit", "1a2b3c"}};
    if (change) change(environment);
    write(directory_ / name / "env.json", environment.dump());
    return load_measured(directory_ / name, fake_suites());
  }
  temporary_directory directory_;
};

TEST_F(compare_sets, differ_in_nothing_but_their_builds) {
  const auto other = made("b", [](json& at) { at["build"] = {{"commit", "other"}}; });
  EXPECT_TRUE(differences(made("a"), other).empty());
}

TEST_F(compare_sets, say_which_machine_matrix_and_input) {
  const auto other = made("b", [](json& at) {
    at["machine"] = "other-4cpu";
    at["input"]["bytes"] = 2000;
    at["matrix"] = to_toml(matrix_of("name = 'm'\n[axes]\nring = ['futex']\n"));
  });
  EXPECT_EQ(differences(made("a"), other),
            (std::vector<std::string>{
                "another machine: test-cpu-2cpu, null cores, 1 NUMA nodes, and other-4cpu, null "
                "cores, 1 NUMA nodes",
                "another matrix: m of a, and m of b",
                "another input: generated, 1000 bytes, and generated, 2000 bytes"}));
}

TEST_F(compare_sets, may_have_more_repetitions_or_another_seed) {
  const auto other = made("b", [](json& at) {
    matrix what = matrix_of("name = 'm'\n[axes]\nring = 'all'\nsink = 'all'\n");
    what.repetitions = 30;
    what.seed = 5;
    at["matrix"] = to_toml(what);
  });
  EXPECT_TRUE(differences(made("a"), other).empty());
}

TEST_F(compare_sets, are_shown_as_a_table_with_a_verdict) {
  const auto sets = made("a");
  const comparison found = compare_cells(sets.of(), sets.cells, sets.cells, 0.05, pairing::none);
  const std::string text = to_text(found, {"one", "other"}, {"another machine: x, and y"});
  for (const char* part :
       {"First:  one\nSecond: other\n", "ACROSS another machine: x, and y",
        "| futex dir  | MB/s   |   805 |    805 |      1.00 [0.99-1.01] | 1.00 [0.99-1.01], copy "
        "null "
        "|    1.000 | 6, 6 | no difference |",
        "No verdict:\n", "- spsc dir: what arrived in the first was not verified",
        "- spsc chunks: the first skipped it: no such node",
        "The second is worse by more than 5 % in no cell of 5."}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  }
  const json data = to_json(found, {json("one"), json("other")}, {});
  EXPECT_EQ(data.at("worse"), 0);
  EXPECT_EQ(data.at("cells").size(), 7U);
  EXPECT_EQ(data.at("cells").at(0).at("metric"), "bytes_per_second");
}

}  // namespace
}  // namespace annulus::harness
