#include "measure/cell.hpp"

#include "fixtures.hpp"

namespace annulus::harness {
namespace {

cell_request some_request() {
  cell_request out;
  out.suite = "fake";
  out.key = fixed_key("futex", "dir");
  out.producer_cpus = {0};
  out.consumer_cpus = {2, 3};
  out.memory_nodes = {1};
  out.input = "caf\xe9\n\\in";
  out.work = "work";
  out.amount = 17;
  return out;
}

TEST(cell_request, survives_json_with_paths_of_any_bytes) {
  const cell_request before = some_request();
  const cell_request after = request_from_json(json::parse(to_json(before).dump()));
  EXPECT_EQ(to_json(after), to_json(before));
  EXPECT_EQ(after.input, before.input);
}

TEST(cell_request, names_the_field_that_is_wrong) {
  const auto refused = [](const char* field, const json& value) {
    json changed = to_json(some_request());
    changed[field] = value;
    if (value.is_null()) changed.erase(field);
    return message_of<bad_input>([&] { request_from_json(changed); });
  };
  EXPECT_EQ(refused("amount", -1),
            "the cell's description: its field amount is of the wrong type: -1");
  EXPECT_EQ(refused("producer_cpus", {0, -1}),
            "the cell's description: its field producer_cpus is of the wrong type: [0,-1]");
  EXPECT_EQ(refused("memory_nodes", {1ULL << 40U}),
            "the cell's description: its field memory_nodes is of the wrong type: [1099511627776]");
  EXPECT_EQ(refused("suite", nullptr), "the cell's description lacks the field suite");
  EXPECT_EQ(refused("keys", 1), "the cell's description has an unknown field keys");
  EXPECT_EQ(refused("key", 1), "the cell's key must be a JSON object");
  EXPECT_THROW(request_from_json(json::array()), bad_input);
}

TEST(cell_request, gives_each_axis_as_its_kind) {
  cell_request cell = some_request();
  cell.key["rate"] = 1.5;
  cell.key["sync"] = true;
  EXPECT_EQ(cell.word("ring"), "futex");
  EXPECT_EQ(cell.number("size"), 2U << 20U);
  EXPECT_EQ(cell.real("rate"), 1.5);
  EXPECT_TRUE(cell.truth("sync"));
  EXPECT_EQ(message_of<bad_input>([&] { (void)cell.number("ring"); }),
            "the cell's axis ring is of the wrong type");
  EXPECT_EQ(message_of<bad_input>([&] { (void)cell.word("rings"); }),
            "the cell's key lacks the axis rings");
}

TEST(cell_result, survives_json_with_its_details) {
  cell_result before;
  before.verified = true;
  before.bytes = 5;
  before.amount = 6;
  before.seconds = 0.1;
  before.metrics = {{"a_us", 1.0 / 3}};
  before.details = {{"pages", {{"node0", 3}}}};
  EXPECT_EQ(to_json(result_from_json(json::parse(to_json(before).dump()))), to_json(before));
}

TEST(cell_result, names_the_field_that_is_wrong) {
  const auto refused = [](const char* field, const json& value) {
    json changed = to_json(fixed_cell(0, json::object(), {100}).at(0).result.value());
    changed[field] = value;
    return message_of<bad_input>([&] { result_from_json(changed); });
  };
  EXPECT_EQ(refused("seconds", 0), "the cell's result: its seconds must be more than 0, but are 0");
  EXPECT_EQ(refused("metrics", {{"a", "b"}}),
            "the cell's result: its field metrics is of the wrong type: {\"a\":\"b\"}");
  EXPECT_EQ(refused("metric", 1), "the cell's result has an unknown field metric");
}

TEST(run_cell, refuses_what_the_suite_does_not_have) {
  const auto refused = [](const std::function<void(cell_request&)>& spoil) {
    cell_request cell = some_request();
    spoil(cell);
    return message_of<bad_input>([&] { run_cell(fake_suites(), cell); });
  };
  EXPECT_EQ(refused([](auto& cell) { cell.suite = "fakes"; }),
            "the cell's suite must be one of fake, but is \"fakes\"");
  EXPECT_EQ(refused([](auto& cell) { cell.key["rings"] = 1; }), "the suite fake has no axis rings");
  EXPECT_EQ(refused([](auto& cell) { cell.key.erase("ring"); }),
            "the cell's key lacks the axis ring");
  EXPECT_EQ(refused([](auto& cell) { cell.key["ring"] = "ringo"; }),
            "the cell's ring must be one of mutex, futex, spsc, but is \"ringo\"");
}

TEST(run_cell, gives_the_suite_canonical_values) {
  cell_request cell = some_request();
  cell.key["size"] = "64KiB";
  EXPECT_EQ(run_cell(fake_suites(), cell).bytes, 65536U);
}

}  // namespace
}  // namespace annulus::harness
