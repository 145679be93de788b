#include "report/plot.hpp"

#include "fixtures.hpp"
#include "report/figure.hpp"

namespace annulus::harness {
namespace {

const std::filesystem::path definitions = ANNULUS_PLOTS;

class plot : public testing::Test {
 protected:
  void SetUp() override { write_run(directory_ / "run-1", fixed_samples()); }
  std::vector<std::filesystem::path> draw(const std::string& run = "run-1") const {
    return plot_run(directory_ / run, fake_suites(), definitions, directory_ / "out");
  }
  temporary_directory directory_;
};

TEST_F(plot, draws_a_figure_for_each_metric_beside_its_data) {
  const auto drawn = draw();
  ASSERT_EQ(drawn.size(), 4U);
  EXPECT_EQ(drawn.front(), directory_ / "out" / "run-1" / "bytes_per_second.svg");
  for (const auto& figure : drawn) {
    const std::string content = read(figure);
    const bool svg = figure.extension() == ".svg";
    EXPECT_NE(content.find(svg ? "</svg>" : "\x89PNG"), std::string::npos) << figure;
    EXPECT_TRUE(std::filesystem::exists(std::filesystem::path(figure).replace_extension(".dat")));
  }
  const std::string svg = read(drawn.front());
  for (const char* text :
       {"MB/s", "higher is better", "Test CPU", "sink: null", "sink: dir", "futex", "dashed"}) {
    EXPECT_NE(svg.find(text), std::string::npos) << text;
  }
}

// Of every repetition there is a dot: one more sample is one more of them.
TEST_F(plot, shows_every_repetition) {
  const auto dots = [](const std::filesystem::path& svg) {
    const std::string content = read(svg);
    std::size_t out = 0;
    for (auto at = content.find("gpPt6'"); at != std::string::npos;
         at = content.find("gpPt6'", at + 1))
      ++out;
    return out;
  };
  const std::size_t before = dots(draw().front());
  auto samples = fixed_samples();
  samples.push_back(samples.front());
  samples.back().repetition = 9;
  write_run(directory_ / "run-2", samples);
  EXPECT_EQ(dots(draw("run-2").front()), before + 1);
}

TEST_F(plot, has_no_background_of_its_own) {
  const std::string svg = read(draw().front());
  const auto whole = svg.find("<rect x=\"0\" y=\"0\"");
  ASSERT_NE(whole, std::string::npos);
  EXPECT_EQ(svg.substr(svg.find("fill=", whole), 11), "fill=\"none\"");
}

TEST_F(plot, data_has_medians_points_and_roofs) {
  draw();
  const std::string data = read(directory_ / "out" / "run-1" / "bytes_per_second.dat");
  EXPECT_NE(data.find("\"futex\" 2000 "), std::string::npos) << data;
  EXPECT_NE(data.find("\n0 1 -0.500 1000 0\n0 1 -0.300 1010 0\n"), std::string::npos) << data;
  EXPECT_NE(data.find("-0.6 9000\n2.6 9000\n"), std::string::npos) << data;
}

TEST_F(plot, never_reads_the_users_start_up_file) {
  // gnuplot ends with an error where it reads this.
  write(directory_ / ".gnuplot", "exit error 'the start-up file was read'\n");
  const std::string home = getenv("HOME") != nullptr ? getenv("HOME") : "/";
  setenv("HOME", directory_.path().c_str(), 1);
  EXPECT_EQ(draw().size(), 4U);
  setenv("HOME", home.c_str(), 1);
}

TEST_F(plot, text_from_files_is_no_command) {
  json environment = json::parse(read(directory_ / "run-1" / "env.json"));
  const auto mark = directory_ / "mark";
  environment["cpu_model"] =
      "it's '; system('touch " + mark.string() + "'); `touch " + mark.string() + "` #";
  write(directory_ / "run-1" / "env.json", environment.dump());
  const std::string svg = read(draw().front());
  EXPECT_FALSE(std::filesystem::exists(mark));
  EXPECT_NE(svg.find("system("), std::string::npos);
}

TEST_F(plot, gnuplot_missing_is_said) {
  const std::string path = getenv("PATH");
  setenv("PATH", directory_.path().c_str(), 1);
  const std::string said = message_of<error>([&] { draw(); });
  setenv("PATH", path.c_str(), 1);
  EXPECT_EQ(said,
            "figures need gnuplot (Debian package gnuplot-nox): gnuplot cannot be started: No such "
            "file or directory");
}

TEST_F(plot, gnuplot_failing_is_said) {
  EXPECT_NE(message_of<error>([&] {
              plot_run(directory_ / "run-1", fake_suites(), directory_ / "none",
                       directory_ / "out");
            }).find("gnuplot failed on the figure bytes_per_second"),
            std::string::npos);
}

TEST_F(plot, a_run_without_results_has_no_figures) {
  write_run(directory_ / "run-2", {});
  EXPECT_THROW(draw("run-2"), error);
}

// Two axes name a row, so that the second parts the bars of a group.
class two_modes : public suite {
 public:
  two_modes()
      : suite({.name = "modes",
               .description = "Nothing",
               .axes = with_mode_axis(),
               .metrics = fake_suites().front()->traits().metrics,
               .table = {.section = "sink", .rows = {"ring", "mode"}, .across = ""}}) {}
  [[nodiscard]] std::vector<std::string> shown(const json& /*key*/) const override {
    return {bytes_per_second};
  }
  [[nodiscard]] double seconds(const json& /*key*/) const override { return 1; }
  [[nodiscard]] cell_result run(const cell_request& /*cell*/) const override { return {}; }

 private:
  static std::vector<axis> with_mode_axis() {
    std::vector<axis> out = fake_suites().front()->axes();
    out.push_back({"mode", "How", words({"serial", "parallel"}), "serial"});
    return out;
  }
};

measured_set set_of(const suite& of, const std::vector<sample>& samples) {
  measured_set out;
  out.what.of = &of;
  out.samples = samples;
  out.cells = by_cell(samples);
  return out;
}

json with_mode(json key, const char* mode) {
  key["mode"] = mode;
  return key;
}

TEST(figures, part_groups_by_the_last_axis_that_names_a_row) {
  const two_modes of;
  const auto figures = figures_of(set_of(
      of, fixed_cell(0, with_mode(fixed_key("mutex", "null"), "serial"), {1000, 1001}) +
              fixed_cell(1, with_mode(fixed_key("mutex", "null"), "parallel"), {2000, 2001}) +
              fixed_cell(2, with_mode(fixed_key("futex", "null"), "parallel"), {3000, 3001})));
  ASSERT_EQ(figures.size(), 1U);
  const figure& first = figures.front();
  EXPECT_EQ(first.series_axis, "mode");
  EXPECT_EQ(first.series, (std::vector<std::string>{"serial", "parallel"}));
  ASSERT_EQ(first.panels.size(), 1U);
  ASSERT_EQ(first.panels[0].groups.size(), 2U);
  EXPECT_EQ(first.panels[0].groups[0].name, "mutex");
  EXPECT_EQ(first.panels[0].groups[0].bars.size(), 2U);
  EXPECT_EQ(first.panels[0].groups[1].bars.at(0).series, 1U);
  EXPECT_FALSE(first.is_logarithmic);
}

TEST(figures, are_logarithmic_where_medians_lie_far_apart) {
  const auto figures = figures_of(
      set_of(*fake_suites().front(), fixed_cell(0, fixed_key("mutex", "null"), {10, 11}) +
                                         fixed_cell(1, fixed_key("futex", "null"), {2000})));
  EXPECT_TRUE(figures.front().is_logarithmic);
  EXPECT_FALSE(figures.back().is_logarithmic);
}

TEST(figures, tell_marked_repetitions_apart) {
  auto samples = fixed_cell(0, fixed_key("mutex", "null"), {10, 90});
  samples[1].fitness = {{"marks", {"others used 30.0 % of the CPUs"}}};
  const auto figures = figures_of(set_of(*fake_suites().front(), samples));
  const figure_bar& bar = figures.front().panels.at(0).groups.at(0).bars.at(0);
  EXPECT_DOUBLE_EQ(bar.value.median, 10);
  ASSERT_EQ(bar.points.size(), 2U);
  EXPECT_FALSE(bar.points[0].is_marked);
  EXPECT_TRUE(bar.points[1].is_marked);
}

}  // namespace
}  // namespace annulus::harness
