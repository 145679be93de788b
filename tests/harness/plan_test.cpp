#include "plan.hpp"

#include <algorithm>
#include <set>

#include "support.hpp"

namespace annulus::harness {
namespace {

const topology& two_nodes() {
  static const topology machine = topology_from_synthetic("numa:2 l3:1 core:2 pu:1");
  return machine;
}

constexpr std::string_view several = R"(name = "m"
repetitions = 4
[axes]
ring = ["mutex", "futex", "spsc"]
sink = ["null", "dir"]
placement = ["none", "same-core", "cross-node"]
)";

TEST(plan, is_the_cross_product) {
  const plan made = make_plan(matrix_of(several), two_nodes(), 1);
  ASSERT_EQ(made.cells.size(), 18U);
  std::set<std::string> keys;
  for (const planned_cell& cell : made.cells) keys.insert(key_of(cell.spec).dump());
  EXPECT_EQ(keys.size(), 18U);
  for (std::size_t at = 0; at < made.cells.size(); ++at) EXPECT_EQ(made.cells[at].index, at);
}

TEST(plan, a_relation_that_is_missing_is_skipped_with_its_reason) {
  const plan made = make_plan(matrix_of(several), two_nodes(), 1);
  for (const planned_cell& cell : made.cells) {
    const bool missing = cell.spec.placement == "same-core";
    EXPECT_EQ(!cell.skipped.empty(), missing);
    EXPECT_EQ(cell.spec.producer_cpus.empty(), cell.spec.placement != "cross-node");
    for (const turn& at : made.turns) EXPECT_FALSE(missing && at.cell == cell.index);
  }
  EXPECT_EQ(made.turns.size(), 12U * 4U);
}

TEST(plan, each_repetition_is_one_shuffled_pass) {
  const plan made = make_plan(matrix_of(several), two_nodes(), 3);
  std::set<std::vector<std::size_t>> orders;
  for (int repetition = 1; repetition <= 4; ++repetition) {
    std::vector<std::size_t> order;
    for (std::size_t at = 0; at < 12; ++at) {
      const turn& each = made.turns[static_cast<std::size_t>(repetition - 1) * 12 + at];
      EXPECT_EQ(each.repetition, repetition);
      order.push_back(each.cell);
    }
    EXPECT_EQ(std::set<std::size_t>(order.begin(), order.end()).size(), 12U);
    EXPECT_FALSE(std::is_sorted(order.begin(), order.end()));
    orders.insert(order);
  }
  EXPECT_EQ(orders.size(), 4U);
}

std::vector<std::size_t> order_of(std::uint64_t seed) {
  std::vector<std::size_t> order;
  for (const turn& at : make_plan(matrix_of(several), two_nodes(), seed).turns) {
    order.push_back(at.cell);
  }
  return order;
}

TEST(plan, a_seed_is_one_order) {
  EXPECT_EQ(order_of(7), order_of(7));
  EXPECT_NE(order_of(7), order_of(8));
}

TEST(plan, a_single_cpu_still_plans) {
  const plan made = make_plan(matrix_of("name='m'\n[axes]\nplacement=['same-pu','shared-l3']"),
                              topology_from_synthetic("core:1 pu:1"), 1);
  EXPECT_EQ(made.turns.size(), 3U);
  EXPECT_EQ(made.cells[0].spec.consumer_cpus, (std::vector<int>{0}));
  EXPECT_NE(made.cells[1].skipped, "");
}

TEST(cell_spec, survives_json) {
  cell_spec spec = make_plan(matrix_of(several), two_nodes(), 1).cells.back().spec;
  spec.input = "in";
  spec.work = "work";
  EXPECT_EQ(to_json(spec_from_json(to_json(spec))), to_json(spec));
}

TEST(cell_spec, keeps_paths_of_any_bytes) {
  cell_spec spec;
  spec.input = "caf\xe9\n\\in";
  spec.work = "work";
  const std::string text = to_json(spec).dump();
  const cell_spec back = spec_from_json(json::parse(text));
  EXPECT_EQ(back.input, spec.input);
  EXPECT_EQ(back.work, spec.work);
}

TEST(cell_spec, refuses_numbers_out_of_range) {
  const auto refused = [](const char* field, const json& value) {
    json changed = to_json(cell_spec{});
    changed[field] = value;
    return message_of<bad_input>([&] { spec_from_json(changed); });
  };
  EXPECT_EQ(refused("data", -1), "the cell's field data is of the wrong type: -1");
  EXPECT_EQ(refused("block", 1.5), "the cell's field block is of the wrong type: 1.5");
  EXPECT_EQ(refused("producer_cpus", {0, -1}),
            "the cell's field producer_cpus is of the wrong type: [0,-1]");
  EXPECT_EQ(refused("memory_nodes", {1ULL << 40U}),
            "the cell's field memory_nodes is of the wrong type: [1099511627776]");
}

TEST(cell_spec, names_the_field_that_is_wrong) {
  json good = to_json(cell_spec{});
  json lacking = good;
  lacking.erase("block");
  EXPECT_EQ(message_of<bad_input>([&] { spec_from_json(lacking); }),
            "the cell's description lacks the field block");
  json strange = good;
  strange["blocks"] = 1;
  EXPECT_EQ(message_of<bad_input>([&] { spec_from_json(strange); }),
            "the cell's description has an unknown field blocks");
  json wrong = good;
  wrong["sync"] = "yes";
  EXPECT_EQ(message_of<bad_input>([&] { spec_from_json(wrong); }),
            "the cell's field sync is of the wrong type: \"yes\"");
  EXPECT_THROW(spec_from_json(json::array()), bad_input);
}

}  // namespace
}  // namespace annulus::harness
