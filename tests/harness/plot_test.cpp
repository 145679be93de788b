#include "plot.hpp"

#include "fixtures.hpp"

namespace annulus::harness {
namespace {

const std::filesystem::path definitions = ANNULUS_PLOTS;

class plot : public testing::Test {
 protected:
  void SetUp() override { write_run(directory_ / "run-1", fixed_samples()); }
  temporary_directory directory_;
};

TEST_F(plot, draws_each_figure_twice_beside_its_data) {
  const auto drawn = plot_run(directory_ / "run-1", definitions, directory_ / "out");
  ASSERT_EQ(drawn.size(), 6U);
  EXPECT_EQ(drawn.front(), directory_ / "out" / "run-1" / "throughput.svg");
  for (const auto& figure : drawn) {
    const std::string content = read(figure);
    const bool svg = figure.extension() == ".svg";
    EXPECT_NE(content.find(svg ? "</svg>" : "\x89PNG"), std::string::npos) << figure;
    EXPECT_TRUE(std::filesystem::exists(std::filesystem::path(figure).replace_extension(".dat")));
  }
  const std::string svg = read(drawn.front());
  for (const char* text :
       {"MB/s", "Test CPU", "geometry 8+4", "sink: null", "sink: dir", "futex"}) {
    EXPECT_NE(svg.find(text), std::string::npos) << text;
  }
}

TEST_F(plot, data_has_gaps_where_a_sink_lacks_a_group) {
  plot_run(directory_ / "run-1", definitions, directory_ / "out");
  const std::string data = read(directory_ / "out" / "run-1" / "throughput.dat");
  EXPECT_NE(data.find("\"futex\" 2000 1900 2100\n"), std::string::npos) << data;
}

TEST_F(plot, gnuplot_missing_is_said) {
  const std::string path = getenv("PATH");
  setenv("PATH", directory_.path().c_str(), 1);
  const std::string said =
      message_of<error>([&] { plot_run(directory_ / "run-1", definitions, directory_ / "out"); });
  setenv("PATH", path.c_str(), 1);
  EXPECT_EQ(said,
            "figures need gnuplot (Debian package gnuplot-nox): gnuplot cannot be started: No such "
            "file or directory");
}

TEST_F(plot, gnuplot_failing_is_said) {
  EXPECT_NE(message_of<error>([&] {
              plot_run(directory_ / "run-1", directory_ / "none", directory_ / "out");
            }).find("gnuplot failed on the figure throughput"),
            std::string::npos);
}

TEST_F(plot, a_run_without_results_has_no_figures) {
  write_run(directory_ / "run-2", {});
  EXPECT_THROW(plot_run(directory_ / "run-2", definitions, directory_ / "out"), error);
}

}  // namespace
}  // namespace annulus::harness
