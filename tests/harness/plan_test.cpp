#include "measure/plan.hpp"

#include <algorithm>
#include <set>

#include "fixtures.hpp"

namespace annulus::harness {
namespace {

const topology& two_nodes() {
  static const topology machine = topology_from_synthetic("numa:2 l3:1 core:2 pu:1");
  return machine;
}

plan plan_of(std::string_view text, std::uint64_t seed = 1) {
  return make_plan(matrix_of("name = 'm'\n" + std::string(text)), two_nodes(), seed);
}

std::vector<std::string> values_of(const plan& made, const char* axis, bool roofs = false) {
  std::vector<std::string> out;
  for (const planned_cell& cell : made.cells) {
    const json& value = cell.request.key.at(axis);
    if (cell.is_roof == roofs)
      out.push_back(value.is_string() ? value.get<std::string>() : value.dump());
  }
  return out;
}

constexpr std::string_view several = R"([axes]
ring = ["mutex", "futex", "spsc"]
sink = ["null", "dir"]
placement = ["none", "same-core", "cross-node"]
)";

TEST(plan, is_the_cross_product_and_then_the_roofs) {
  const plan made = plan_of(several);
  ASSERT_EQ(made.cells.size(), 18U + 2U);
  std::set<std::string> keys;
  for (std::size_t at = 0; at < made.cells.size(); ++at) {
    EXPECT_EQ(made.cells[at].index, at);
    EXPECT_EQ(made.cells[at].is_roof, at >= 18);
    EXPECT_EQ(made.cells[at].request.suite, "fake");
    keys.insert(made.cells[at].request.key.dump());
  }
  EXPECT_EQ(keys.size(), made.cells.size());
  // The first axis is the slowest, and the last of the named ones the fastest.
  EXPECT_EQ(made.cells[6].request.key.at("ring"), "futex");
  EXPECT_EQ(made.cells[1].request.key.at("placement"), "same-core");
}

TEST(plan, a_roof_is_planned_once_and_where_the_cell_runs) {
  const plan made = plan_of(several);
  EXPECT_EQ(values_of(made, "ring", true), (std::vector<std::string>{"copy", "copy"}));
  // Those of the cells that cannot run would bound nothing.
  EXPECT_EQ(values_of(made, "placement", true), (std::vector<std::string>{"none", "cross-node"}));
  EXPECT_EQ(made.cells.back().request.producer_cpus, (std::vector<int>{0}));
}

TEST(plan, a_relation_that_is_missing_is_skipped_with_its_reason) {
  const plan made = plan_of(several);
  for (const planned_cell& cell : made.cells) {
    const json& placement = cell.request.key.at("placement");
    EXPECT_EQ(cell.skipped, placement == "same-core"
                                ? "this machine has no same-core: two hardware threads of one core"
                                : "");
    EXPECT_EQ(cell.request.producer_cpus.empty(), placement != "cross-node");
    EXPECT_EQ(std::count(made.runnable.begin(), made.runnable.end(), cell.index),
              cell.skipped.empty() ? 1 : 0);
  }
}

TEST(plan, what_the_suite_has_not_is_skipped_with_its_reason) {
  const plan made = plan_of("[axes]\nring = ['spsc']\nsink = ['null', 'chunks']\n");
  EXPECT_EQ(made.cells.at(0).skipped, "");
  EXPECT_EQ(made.cells.at(1).skipped, "spsc waits for no chunks");
}

TEST(plan, filters_leave_cells_out) {
  const std::string axes = "[axes]\nring = 'all'\nsink = 'all'\n";
  EXPECT_EQ(
      values_of(plan_of(axes + "[[except]]\nring = ['futex', 'mutex']\nsink = ['dir']\n"), "sink"),
      (std::vector<std::string>{"null", "chunks", "null", "chunks", "null", "dir", "chunks"}));
  const plan kept =
      plan_of(axes +
              "[[only]]\nring = ['mutex']\nsink = ['dir']\n[[only]]\nring = ['futex']\n"
              "[[except]]\nsink = ['null']\n");
  EXPECT_EQ(values_of(kept, "ring"), (std::vector<std::string>{"mutex", "futex", "futex"}));
  EXPECT_EQ(values_of(kept, "sink"), (std::vector<std::string>{"dir", "dir", "chunks"}));
  EXPECT_EQ(message_of<bad_input>([&] { plan_of(axes + "[[except]]\nring = 'all'\n"); }),
            "the filters of the matrix m leave no cell");
}

TEST(plan, a_derived_size_is_what_it_comes_to) {
  const plan made =
      plan_of("[axes]\nsize = ['2 x frame', 8256, '0.0001 x frame', '0.5 x frame']\n");
  // 2 x 4128 is 8256: one cell, however it is spelled.
  EXPECT_EQ(values_of(made, "size"), (std::vector<std::string>{"8256", "0", "2064"}));
  EXPECT_EQ(
      made.cells[1].skipped,
      "size is 0.0001 x frame, which comes to 0 and must be a size, a whole number of bytes or a "
      "string such as \"64KiB\", at least 1");
  EXPECT_EQ(
      values_of(plan_of("[axes]\nsize = ['2 x frame', '1KiB']\n[[only]]\nsize = [8256]\n"), "size"),
      (std::vector<std::string>{"8256"}));
}

TEST(plan, a_size_may_be_derived_from_another_but_not_from_a_derived_one) {
  const fake_suite of({{"block", "", sizes(), 1000}, {"alpha", "", sizes(), 1}});
  const suite_list suites{&of};
  const auto planned = [&](const std::string& axes) {
    return make_plan(matrix_of("name = 'm'\n[axes]\n" + axes, suites), two_nodes(), 1);
  };
  const plan made = planned("size = ['3 x block']\nblock = [10, 20]\n");
  EXPECT_EQ(values_of(made, "size"), (std::vector<std::string>{"30", "60"}));
  for (const char* chain : {"size = ['3 x block']\nblock = ['2 x alpha']\n",
                            "alpha = ['3 x block']\nblock = ['2 x size']\n"}) {
    EXPECT_EQ(message_of<bad_input>([&] { planned(chain); }),
              "the size block is itself derived, so that no other can be derived from it");
  }
  EXPECT_NE(planned("size = ['1000000 x block']\nblock = ['8388608GiB']\n").cells.at(0).skipped, "")
      << "too large for any number";
}

TEST(plan, each_pass_is_shuffled) {
  const plan made = plan_of(several, 3);
  std::set<std::vector<std::size_t>> orders;
  for (int pass = 1; pass <= 4; ++pass) {
    const auto order = made.pass(pass);
    EXPECT_FALSE(std::is_sorted(order.begin(), order.end()));
    EXPECT_EQ(std::set<std::size_t>(order.begin(), order.end()),
              std::set<std::size_t>(made.runnable.begin(), made.runnable.end()));
    orders.insert(order);
  }
  EXPECT_EQ(orders.size(), 4U);
}

TEST(plan, a_seed_is_one_order) {
  EXPECT_EQ(plan_of(several, 7).pass(2), plan_of(several, 7).pass(2));
  EXPECT_NE(plan_of(several, 7).pass(2), plan_of(several, 8).pass(2));
  // On every machine and with every compiler.
  EXPECT_EQ(plan_of("[axes]\nring = 'all'\nsink = 'all'\n", 1).pass(1),
            (std::vector<std::size_t>{7, 1, 6, 3, 0, 9, 4, 2, 5}));
}

TEST(plan, says_how_long_it_takes) {
  const auto& of = *fake_suites().front();
  const double one = plan_of("").seconds(of, 1);  // a cell and its roof, a second each
  EXPECT_GT(one, 2);
  EXPECT_LT(one, 2.5);
  EXPECT_DOUBLE_EQ(plan_of("").seconds(of, 6), 6 * one);
  EXPECT_NEAR(plan_of("[axes]\nsink = ['null', 'dir']\n").seconds(of, 1), one * 3 / 2 + 1, 0.1);
}

}  // namespace
}  // namespace annulus::harness
