#include "report/gnuplot.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <annulus/pipeline/escaped.hpp>
#include <chrono>
#include <fstream>

#include "base/child_process.hpp"
#include "base/error.hpp"
#include "measure/result_set.hpp"
#include "report/plot.hpp"

namespace annulus::harness {
namespace {

namespace fs = std::filesystem;

child_outcome gnuplot(const std::vector<std::string>& arguments, std::chrono::seconds limit,
                      int stop_fd) {
  child_outcome done;
  try {
    done = run_child(arguments, "", limit, stop_fd);
  } catch (const error& failed) {
    throw error(
        fmt::format("figures need gnuplot (Debian package gnuplot-nox): {}", failed.what()));
  }
  if (done.how == child_outcome::ending::stopped) throw error("interrupted while gnuplot drew");
  return done;
}

}  // namespace

std::string gnuplot_text(std::string_view text) {
  std::string out = "'";
  for (const char letter : text) out += letter == '\'' ? std::string("''") : std::string(1, letter);
  return out + '\'';
}

std::string gnuplot_array(std::string_view name, const std::vector<std::string>& texts) {
  std::vector<std::string> out;
  for (const std::string& each : texts) out.push_back(gnuplot_text(each));
  return fmt::format("array {}[{}] = [{}]; ", name, out.size(), fmt::join(out, ", "));
}

void check_plotting(const fs::path& out) {
  const auto done = gnuplot({"gnuplot", "-d", "--version"}, std::chrono::seconds(10), -1);
  if (done.how != child_outcome::ending::exited || done.code != 0) {
    throw error(fmt::format("figures need gnuplot, which fails: {}", done.err));
  }
  prepare_directory(out);
}

std::vector<fs::path> draw_figure(const drawable& what, int stop_fd) {
  const fs::path data = what.target / (what.name + ".dat");
  std::ofstream file(data);
  file << what.data;
  file.close();
  if (!file) throw error(fmt::format("{} cannot be written", pipeline::escaped(data)));
  std::vector<fs::path> drawn;
  for (const char* type : {".svg", ".png"}) {
    drawn.push_back(what.target / (what.name + type));
    const std::string all =
        fmt::format("{}data = {}; image = {}; ", what.parameters, gnuplot_text(data.string()),
                    gnuplot_text(drawn.back().string()));
    // -d: whatever the user's start-up file says is not about these figures.
    const auto done = gnuplot({"gnuplot", "-d", "-e", all, what.definition.string()},
                              std::chrono::minutes(2), stop_fd);
    if (done.how != child_outcome::ending::exited || done.code != 0)
      throw error(fmt::format("gnuplot failed on the figure {}: {}", what.name, done.err));
  }
  return drawn;
}

}  // namespace annulus::harness
