// A new axis is its descriptor and nothing else: all that reads, measures or shows cells has it.
#include "fixtures.hpp"
#include "measure/plan.hpp"
#include "report/export.hpp"
#include "report/reference.hpp"
#include "report/table.hpp"

namespace annulus::harness {
namespace {

// What a cell was told to be, by the axis that this test adds.
std::string& season() {
  static std::string now;
  return now;
}

const suite_list& suites_with_a_new_axis() {
  static const fake_suite only(
      {{"season", "When it is measured", words({"summer", "winter"}), "summer", "",
        [](const json& value, cell_request& /*cell*/) { season() = value.get<std::string>(); }}});
  static const suite_list all{&only};
  return all;
}

class new_axis : public testing::Test {
 protected:
  new_axis() : what_(matrix_of("name = 'm'\n[axes]\nseason = 'all'\n", suites_with_a_new_axis())) {}

  matrix what_;
  const suite& of_ = *suites_with_a_new_axis().front();
};

TEST_F(new_axis, is_read_planned_and_applied) {
  const plan cells = make_plan(what_, topology_from_synthetic("core:2 pu:1"), 1);
  std::vector<std::string> seen;
  for (const planned_cell& each : cells.cells) {
    if (each.is_roof) continue;
    cell_request request = each.request;
    request.suite = "fake";
    EXPECT_TRUE(run_cell(suites_with_a_new_axis(), request).verified);
    seen.push_back(season());
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"summer", "winter"}));
}

TEST_F(new_axis, has_its_words_and_no_others) {
  EXPECT_NE(matrix_reference(of_).find("When it is measured. Allowed: one of summer, winter."),
            std::string::npos)
      << matrix_reference(of_);
  set_axis(what_, "season", {"winter"}, "--set season");
  EXPECT_EQ(what_.axes.at("season"), std::vector<json>{"winter"});
  EXPECT_EQ(message_of<bad_input>([&] { set_axis(what_, "season", {"autumn"}, "--set season"); }),
            "--set season must be one of summer, winter, but is \"autumn\"");
}

TEST_F(new_axis, is_a_column_of_tables_and_exports) {
  auto samples = fixed_cell(0, fixed_key("futex", "null"), {1000, 1010, 990, 1005, 995, 1000}) +
                 fixed_cell(1, fixed_key("futex", "null"), {2000, 2010, 1990, 2005, 1995, 2000});
  for (sample& each : samples) each.key["season"] = each.cell == 0 ? "summer" : "winter";
  const temporary_directory directory;
  write_run(directory.path(), samples);
  const std::string text = to_markdown(make_table(directory.path(), suites_with_a_new_axis()));
  EXPECT_NE(text.find("| ring  | season |"), std::string::npos) << text;
  EXPECT_NE(text.find("| futex | winter |"), std::string::npos) << text;
  const std::string csv = to_csv(of_, samples);
  EXPECT_NE(csv.substr(0, csv.find('\n')).find("season"), std::string::npos) << csv;
}

}  // namespace
}  // namespace annulus::harness
