#include "measure/axis.hpp"

#include "fixtures.hpp"
#include "measure/plan.hpp"

namespace annulus::harness {
namespace {

// What becomes of a value, as text; "-" if there is none.
std::string canonical(const value_kind& kind, const json& spelled) {
  const auto value = kind.canonical(spelled);
  return value ? value->dump() : "-";
}

TEST(values, words_are_spelled_so) {
  const value_kind kind = words({"null", "dir"});
  EXPECT_EQ(kind.allowed, "one of null, dir");
  EXPECT_EQ(kind.all, (std::vector<json>{"null", "dir"}));
  EXPECT_EQ(canonical(kind, "dir"), "\"dir\"");
  for (const json& other :
       {json("Dir"), json("dir "), json(1), json(nullptr), json::array({"dir"})})
    EXPECT_EQ(canonical(kind, other), "-") << other;
}

TEST(values, hidden_words_are_valid_and_not_offered) {
  const value_kind kind = with_hidden(words({"futex"}), {"copy"});
  EXPECT_EQ(canonical(kind, "copy"), "\"copy\"");
  EXPECT_EQ(kind.allowed, "one of futex");
  EXPECT_EQ(kind.all.size(), 1U);
}

TEST(values, a_size_is_its_bytes_however_it_is_spelled) {
  const value_kind kind = sizes(1, 4U << 20U);
  for (const json& same : {json("64KiB"), json("65536"), json(65536), json(65536U)})
    EXPECT_EQ(canonical(kind, same), "65536");
  for (const json& other : {json(0), json("5MiB"), json(-1), json(1.5), json("64KB"), json(true)})
    EXPECT_EQ(canonical(kind, other), "-") << other;
  EXPECT_EQ(kind.text(65536), "64KiB");
  EXPECT_NE(kind.allowed.find("from 1 to 4MiB"), std::string::npos);
}

TEST(values, a_count_is_whole_and_within_its_bounds) {
  const value_kind kind = counts(1, 12);
  EXPECT_EQ(canonical(kind, 12), "12");
  EXPECT_EQ(canonical(kind, "12"), "12");
  for (const json& other : {json(0), json(13), json(1.0), json("1x"), json("")})
    EXPECT_EQ(canonical(kind, other), "-") << other;
}

TEST(values, a_number_has_one_form) {
  const value_kind kind = numbers(-1, 10);
  for (const json& same : {json(1), json(1.0), json("1"), json("1.0"), json("1e0")})
    EXPECT_EQ(canonical(kind, same), "1.0") << same;
  EXPECT_EQ(canonical(kind, -0.0), "0.0");
  for (const json& other : {json(10.5), json("nan"), json("inf"), json(false)})
    EXPECT_EQ(canonical(kind, other), "-") << other;
  EXPECT_EQ(kind.text(0.5), "0.5");
}

TEST(values, a_truth_is_a_boolean_or_its_word) {
  const value_kind kind = truths();
  for (const json& same : {json(true), json("true"), json("yes")})
    EXPECT_EQ(canonical(kind, same), "true");
  for (const json& other : {json(1), json("on"), json("")}) EXPECT_EQ(canonical(kind, other), "-");
  EXPECT_EQ(kind.text(false), "no");
}

TEST(values, a_pattern_is_still_a_word) {
  const value_kind kind = patterns({"any"}, "node:N", [](std::string_view) { return true; });
  EXPECT_EQ(kind.allowed, "one of any, node:N");
  EXPECT_EQ(canonical(kind, "node:3"), "\"node:3\"");
  for (const json& other :
       {json("two words"), json("a\nb"), json("\"; system"), json(""), json(std::string(65, 'x'))})
    EXPECT_EQ(canonical(kind, other), "-") << other;
}

TEST(axis, says_what_it_wanted_and_got) {
  const axis size{"ring_size", "", sizes(), 1};
  EXPECT_EQ(size.title(), "ring size");
  const auto refused = [&](const json& value) {
    return message_of<bad_input>([&] { (void)size.parse(value, "--ring-size"); });
  };
  const std::string start =
      "--ring-size must be a size, a whole number of bytes or a string such as \"64KiB\", at least "
      "1, "
      "but is ";
  EXPECT_EQ(refused("2M\x1b"), start + "\"2M\\x1b\"");
  EXPECT_EQ(refused(-3), start + "-3");
  EXPECT_EQ(refused(json::array()), start + "a list");
}

TEST(axis, a_derived_size_is_a_factor_of_something) {
  const auto found = parse_derived("2.5 x frame");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->factor, 2.5);
  EXPECT_EQ(found->of, "frame");
  for (const char* other :
       {"64KiB", "frame", "x frame", " x frame", "2 x ", "2x frame", "-1 x frame", "0 x frame",
        "nan x frame", "inf x frame", "1e9 x frame", "2 x Frame"})
    EXPECT_FALSE(parse_derived(other)) << other;
}

TEST(axis, a_label_names_what_does_not_name_itself) {
  const auto& axes = fake_suites().front()->axes();
  json other = fixed_key("mutex", "dir");
  other["size"] = 1000;
  const auto varying = varying_axes({fixed_key("futex", "dir"), other});
  EXPECT_EQ(varying, (std::vector<std::string>{"ring", "size"}));
  EXPECT_EQ(cell_label(axes, other, varying), "mutex size=1000");
  EXPECT_EQ(axis_text(axes, fixed_key("futex", "dir"), "size"), "2MiB");
  EXPECT_EQ(message_of<error>([&] { axis_text(axes, other, "sizes"); }),
            "a cell's key lacks the axis sizes");
}

// All that it takes to have a new axis: its descriptor. It doubles what a cell is to move.
const axis hurry{
    "hurry",
    "How many times as much a cell moves",
    counts(1, 9),
    1,
    "times",
    [](const json& value, cell_request& cell) { cell.amount *= value.get<std::uint64_t>(); }};

TEST(axis, a_new_one_touches_one_place) {
  const fake_suite with_hurry({hurry});
  const suite_list suites{&with_hurry};
  matrix what =
      matrix_of("name = 'm'\n[axes]\nhurry = [1, '3']\n[[except]]\nhurry = [1]\n", suites);
  const plan made = make_plan(what, topology_from_synthetic("core:2 pu:1"), 1);
  const cell_request& planned = made.cells.at(0).request;
  EXPECT_EQ(planned.number("hurry"), 3U);
  EXPECT_EQ(cell_label(with_hurry.axes(), planned.key, {"ring", "hurry"}), "futex hurry=3");
  cell_request turn = request_from_json(to_json(planned));
  turn.amount = 100;
  EXPECT_EQ(run_cell(suites, turn).amount, 300U);
  set_axis(what, "hurry", {"9"}, "--hurry");
  EXPECT_NE(to_toml(what).find("hurry = [ '9' ]"), std::string::npos) << to_toml(what);
  EXPECT_EQ(message_of<bad_input>([&] { set_axis(what, "hurry", {"10"}, "--hurry"); }),
            "--hurry must be a whole number from 1 to 9, but is \"10\"");
}

}  // namespace
}  // namespace annulus::harness
