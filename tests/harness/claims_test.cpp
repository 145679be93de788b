#include "report/claims.hpp"

#include <fmt/format.h>

#include <set>

#include "fixtures.hpp"
#include "machine/topology.hpp"
#include "measure/plan.hpp"
#include "report/measured.hpp"
#include "suites/registry.hpp"

namespace annulus::harness {
namespace {

const std::filesystem::path shipped = ANNULUS_HARNESS;

// `relation` follows what every claim has.
std::string text_of(std::string_view relation) {
  return "schema = 1\nname = 'c'\nstatement = 'One is faster.'\nsource = 'seed 000'\nsuite = "
         "'fake'\nmatrix = 'm'\n[relation]\n" +
         std::string(relation);
}

claim claim_of(std::string_view relation) {
  return parse_claim(text_of(relation), "c.toml", fake_suites());
}

std::string refusal(const std::string& text) {
  return message_of<bad_input>([&] { parse_claim(text, "c.toml", fake_suites()); });
}

constexpr std::string_view by_rate = "metric = 'bytes_per_second'\n";

claim speed_of(std::string_view rest) {
  return claim_of(std::string(by_rate) + std::string(rest));
}

std::vector<cell_samples> measured_cells() {
  return by_cell(fixed_samples());
}

TEST(claims, read_every_key) {
  const claim found = claim_of(R"(metric = "bytes_per_second"
at_least = 1.5
at_most = 3
each = "sink"
left = { ring = ["futex", "spsc"], size = "2MiB", best = true }
right = { role = "roof" }
[published]
results = "results/test/run"
machine = "Test CPU"
revision = "1a2b3c"
value = 2.1
)");
  EXPECT_EQ(found.name, "c");
  EXPECT_EQ(found.matrix, "m");
  EXPECT_EQ(found.by->name, bytes_per_second);
  EXPECT_EQ(found.left.axes.at("ring"), (std::vector<json>{"futex", "spsc"}));
  EXPECT_EQ(found.left.axes.at("size"), (std::vector<json>{2U << 20U}));
  EXPECT_TRUE(found.left.best);
  EXPECT_EQ(found.right->role, "roof");
  EXPECT_FALSE(found.constant);
  EXPECT_EQ(found.at_least, 1.5);
  EXPECT_EQ(found.at_most, 3);
  EXPECT_EQ(found.each, "sink");
  EXPECT_EQ(found.published->value, 2.1);
  EXPECT_EQ(speed_of("at_least = 2\nleft = {}\nright = { value = 5e8 }").constant, 5e8);
}

TEST(claims, are_read_as_strictly_as_matrices) {
  const auto with = [](std::string_view rest) {
    return refusal(text_of(std::string(by_rate) + std::string(rest)));
  };
  EXPECT_EQ(refusal("schema = 2"),
            "c.toml, line 1: schema must be 1, the schema that this reads, but is 2");
  EXPECT_EQ(refusal("schema = 1"), "c.toml: the key name is missing");
  EXPECT_EQ(with("at_least = 1"), "c.toml: the key relation.left is missing");
  EXPECT_EQ(with("left = {}"), "c.toml: the relation has neither at_least nor at_most");
  EXPECT_EQ(with("left = {}\nat_least = 'x'"),
            "c.toml, line 10: relation.at_least must be a number, but is \"x\"");
  EXPECT_EQ(
      with("left = { ring = 'ringo' }\nat_least = 1"),
      "c.toml, line 9: relation.left.ring must be one of mutex, futex, spsc, but is \"ringo\"");
  EXPECT_EQ(with("left = { rings = 'futex' }\nat_least = 1").substr(0, 56),
            "c.toml, line 9: there is no key relation.left.rings, onl");
  EXPECT_EQ(with("left = {}\nright = { value = 0 }\nat_least = 1"),
            "c.toml, line 10: relation.right.value must be a number above 0, but is 0");
  EXPECT_EQ(with("left = {}\neach = 'hand'\nat_least = 1"),
            "c.toml, line 10: relation.each must be an axis of the suite fake, but is \"hand\"");
  EXPECT_EQ(refusal(text_of("metric = 'speed'\nleft = {}\nat_least = 1")),
            "c.toml, line 8: relation.metric must be one of bytes_per_second, cpu_seconds_per_gib, "
            "but is \"speed\"");
  EXPECT_EQ(with("left = {}\nat_least = 1\n[published]\nvalue = 1"),
            "c.toml: the key published.results is missing");
}

TEST(claims, of_a_file_have_its_name) {
  const temporary_directory directory;
  write(directory / "c.toml", text_of(std::string(by_rate) + "left = {}\nat_least = 1"));
  write(directory / "notes.txt", "no claim");
  EXPECT_EQ(load_claims(directory.path(), fake_suites()).size(), 1U);
  write(directory / "d.toml", text_of(std::string(by_rate) + "left = {}\nat_least = 1"));
  EXPECT_EQ(
      message_of<bad_input>([&] { load_claims(directory.path(), fake_suites()); }),
      (directory / "d.toml").string() + " holds the claim c, and not the one of its own name");
  EXPECT_THROW(load_claims(directory / "none", fake_suites()), error);
}

TEST(claims, hold_or_do_not_or_cannot_be_told) {
  const auto said = [](std::string_view rest) { return judge(speed_of(rest), measured_cells()); };
  constexpr std::string_view sides =
      "left = { ring = 'futex', sink = 'null' }\nright = { ring = 'mutex', sink = 'null' }\n";
  const auto bounded = [&](std::string_view bound) {
    return said(std::string(sides) + std::string(bound));
  };
  const judgement holds = bounded("at_least = 1.5");
  EXPECT_EQ(holds.said, ruling::holds);
  EXPECT_NEAR(holds.figure->median, 2.0, 0.05);
  EXPECT_EQ(holds.cells, "futex null / mutex null");
  EXPECT_TRUE(holds.reason.empty());
  EXPECT_EQ(bounded("at_least = 2.5").said, ruling::does_not_hold);
  EXPECT_EQ(bounded("at_most = 1.5").said, ruling::does_not_hold);
  EXPECT_EQ(bounded("at_most = 2.5").said, ruling::holds);
  EXPECT_EQ(bounded("at_least = 1.5\nat_most = 2.5").said, ruling::holds);
  const judgement open = bounded("at_least = 2.0");
  EXPECT_EQ(open.said, ruling::cannot_be_told);
  EXPECT_EQ(open.reason, "the interval contains the bound");
  EXPECT_TRUE(open.figure);
}

TEST(claims, are_of_figures_and_of_constants_too) {
  const judgement figure = judge(
      claim_of(
          "metric = 'cpu_seconds_per_gib'\nleft = { ring = 'futex', sink = 'null' }\nat_most = 2"),
      measured_cells());
  EXPECT_EQ(figure.said, ruling::holds);  // 2 in every repetition, which is the bound
  const claim constant =
      speed_of("left = { ring = 'futex', sink = 'null' }\nright = { value = 1e9 }\nat_least = 1.8");
  const judgement found = judge(constant, measured_cells());
  EXPECT_EQ(found.said, ruling::holds);
  EXPECT_NEAR(found.figure->median, 2.0, 0.05);
  EXPECT_EQ(figure_text(constant, *found.figure).substr(0, 6), "2.00 [");
}

TEST(claims, take_the_best_that_was_verified) {
  // In "dir", spsc is the fastest by far, but not what it was given arrived.
  const judgement found = judge(speed_of("left = { sink = 'dir', best = true }\nright = { sink = "
                                         "'dir', ring = 'mutex' }\nat_least = 1.5"),
                                measured_cells());
  EXPECT_EQ(found.cells, "futex dir / mutex dir");
  EXPECT_EQ(found.said, ruling::holds);
}

TEST(claims, reach_roofs_by_their_role) {
  const judgement found = judge(
      speed_of("left = { ring = 'spsc', sink = 'null' }\nright = { role = 'roof' }\nat_most = 0.3"),
      measured_cells());
  EXPECT_EQ(found.said, ruling::holds);
  EXPECT_NEAR(found.figure->median, 2050.0 / 9000, 0.01);
}

TEST(claims, say_why_they_cannot_be_told) {
  const auto reason = [](std::string_view left) {
    const judgement found =
        judge(speed_of(fmt::format("left = {{ {} }}\nat_least = 1", left)), measured_cells());
    EXPECT_EQ(found.said, ruling::cannot_be_told);
    return found.reason;
  };
  EXPECT_EQ(reason("ring = 'futex', sink = 'chunks'"), "there is no cell for its left side");
  EXPECT_EQ(reason("sink = 'null', ring = ['futex', 'spsc']"),
            "its left side is 2 cells, such as futex null");
  EXPECT_EQ(reason("ring = 'spsc', sink = 'chunks'"), "spsc chunks: no such node");
  EXPECT_EQ(reason("ring = 'spsc', sink = 'dir'"), "spsc dir: what arrived was not verified");
  const auto few = judge(speed_of("left = { ring = 'futex' }\nat_least = 1"),
                         by_cell(fixed_cell(0, fixed_key("futex", "null"), {1, 2, 3})));
  EXPECT_EQ(few.reason, "futex: 3 repetitions in good company, and 6 are needed");
}

TEST(claims, leave_marked_samples_out) {
  auto samples = fixed_cell(0, fixed_key("futex", "null"), {100, 101, 99, 100, 101, 99});
  samples[0].fitness = {{"marks", {"others used 30.0 % of the CPUs"}}};
  const judgement found =
      judge(speed_of("left = { ring = 'futex' }\nat_least = 1"), by_cell(samples));
  EXPECT_EQ(found.reason, "futex: 5 repetitions in good company, and 6 are needed");
}

TEST(claims, stated_for_several_values_are_judged_by_the_worst) {
  const auto samples = fixed_cell(0, fixed_key("futex", "null"), {200, 201, 199, 200, 201, 199}) +
                       fixed_cell(1, fixed_key("mutex", "null"), {100, 101, 99, 100, 101, 99}) +
                       fixed_cell(2, fixed_key("futex", "dir"), {120, 121, 119, 120, 121, 119}) +
                       fixed_cell(3, fixed_key("mutex", "dir"), {100, 101, 99, 100, 101, 99});
  const auto with = [&](std::string_view bound) {
    return judge(speed_of("each = 'sink'\nleft = { ring = 'futex' }\nright = { ring = 'mutex' }\n" +
                          std::string(bound)),
                 by_cell(samples));
  };
  EXPECT_EQ(with("at_least = 1.1").said, ruling::holds);
  EXPECT_NEAR(with("at_least = 1.1").figure->median, 1.2, 0.01);
  EXPECT_EQ(with("at_least = 1.5").said, ruling::does_not_hold);
  EXPECT_EQ(with("at_least = 1.5").cells, "futex dir / mutex dir");
  EXPECT_EQ(with("at_most = 2.5").cells, "futex null / mutex null");
}

TEST(claims, of_a_suite_that_this_build_lacks_cannot_be_told) {
  std::string text = text_of("metric = 'packets'\nleft = { wire = 'thin' }\nat_least = 1");
  text.replace(text.find("'fake'"), 6, "'wires'");
  const claim found = parse_claim(text, "c.toml", fake_suites());
  EXPECT_EQ(found.of, nullptr);
  EXPECT_EQ(judge(found, measured_cells()).said, ruling::cannot_be_told);
  EXPECT_EQ(judge(found, measured_cells()).reason, "this build lacks the suite wires");
  EXPECT_EQ(bound_text(found), "-");
}

// Every claim of this repository is of a matrix that measures its cells, often enough.
TEST(claims, shipped_ones_can_be_judged) {
  const std::set<std::string> optional{"rings", "pipes"};
  const topology machine = topology_from_synthetic("core:2 pu:1");
  std::set<std::string> sources;
  for (const claim& each : load_claims(shipped / "claims", suites::all_suites())) {
    sources.insert(each.source);
    EXPECT_TRUE(each.of != nullptr || optional.contains(each.suite_name)) << each.name;
    if (each.of == nullptr) continue;
    const matrix what =
        load_matrix(shipped / "matrices" / (each.matrix + ".toml"), suites::all_suites());
    EXPECT_EQ(what.of, each.of) << each.name;
    EXPECT_GE(what.repetitions, static_cast<int>(least_for_interval)) << each.matrix;
    std::vector<json> keys;
    for (const planned_cell& cell : make_plan(what, machine, 1).cells)
      keys.push_back(cell.request.key);
    for (const claim_side* side : {&each.left, each.right ? &*each.right : nullptr}) {
      if (side == nullptr) continue;
      std::set<json> values;
      const auto cells = cells_for(each, *side, keys);
      for (const json& key : cells) values.insert(each.each.empty() ? json() : key.at(each.each));
      EXPECT_FALSE(cells.empty()) << each.name;
      EXPECT_TRUE(side->best || cells.size() == values.size()) << each.name;
    }
  }
  EXPECT_TRUE(sources.contains("seed 000"));
  EXPECT_TRUE(sources.contains("seed 003"));
}

TEST(claims, are_published_anew) {
  const std::string text =
      text_of("metric = 'bytes_per_second'\nat_least = 1.5\nleft = { ring = 'futex' }\n");
  const publication first{"results/m/run", "A \"Test\" CPU, 2 CPUs", "1a2b3c", 2.123456};
  const std::string once = with_publication(text, first);
  const claim found = parse_claim(once, "c.toml", fake_suites());
  ASSERT_TRUE(found.published);
  EXPECT_EQ(found.published->results, first.results);
  EXPECT_EQ(found.published->machine, first.machine);
  EXPECT_EQ(found.published->revision, first.revision);
  EXPECT_EQ(found.published->value, 2.123);
  EXPECT_EQ(with_publication(once, first), once);
  const publication second{"results/m/other", "B", "4d5e6f", 0};
  EXPECT_EQ(with_publication(once, second), with_publication(text, second));
  // Wherever it stands.
  const auto at = text.find("[relation]");
  const std::string ahead =
      text.substr(0, at) + "\n[published]\nresults = 'x'\n\n" + text.substr(at);
  EXPECT_EQ(
      parse_claim(with_publication(ahead, second), "c.toml", fake_suites()).published->results,
      "results/m/other");
}

TEST(claims, are_judged_by_the_sets_of_their_own_matrix_first) {
  const temporary_directory directory;
  write_run(directory / "a", fixed_samples());
  std::vector<measured_set> sets{load_measured(directory / "a", fake_suites()),
                                 load_measured(directory / "a", fake_suites())};
  sets[0].what.name = "other";
  const claim what = speed_of(
      "at_least = 1\nleft = { ring = 'futex', sink = 'dir' }\nright = { ring = 'mutex', sink = "
      "'dir' "
      "}");
  EXPECT_EQ(judge_sets(what, sets).from, &sets[1]);
  sets.pop_back();
  EXPECT_EQ(judge_sets(what, sets).from, &sets[0]);
  sets.pop_back();
  EXPECT_EQ(judge_sets(what, sets).reason, "no result set is of the suite fake");
}

}  // namespace
}  // namespace annulus::harness
