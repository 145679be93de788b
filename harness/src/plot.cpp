#include "plot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <annulus/pipeline/escaped.hpp>
#include <array>
#include <chrono>
#include <fstream>
#include <string>
#include <string_view>

#include "axis.hpp"
#include "child_process.hpp"
#include "error.hpp"
#include "printable.hpp"
#include "result_set.hpp"
#include "table.hpp"

namespace annulus::harness {
namespace {

namespace fs = std::filesystem;

struct figure {
  std::string_view name;  ///< of its files, and of its definition NAME.gp
  estimate cell_metrics::*metric;
  double least;  ///< what a value below it is drawn as: a logarithmic axis has no zero
};
constexpr std::array figures{figure{"throughput", &cell_metrics::throughput, 0},
                             figure{"cpu", &cell_metrics::cpu_per_gib, 0},
                             figure{"stall", &cell_metrics::stall_p99, 1e-3}};

// How the rows of a table are laid out: a panel for each sink, in it a group of bars for each
// `group`, in it a bar for each `series`.
struct layout {
  std::vector<std::string> panels;
  std::vector<std::string> groups;
  std::vector<std::string> series;
};

std::string group_of(const table& from, const json& key) {
  std::string out = axis_text(key, "ring");
  for (const std::string& axis : from.varying) {
    if (axis != "ring" && axis != "mode") out += ' ' + axis_text(key, axis);
  }
  return out;
}

void add_new(std::vector<std::string>& list, std::string value) {
  if (std::find(list.begin(), list.end(), value) == list.end()) list.push_back(std::move(value));
}

layout layout_of(const table& from) {
  layout out;
  for (const table_section& section : from.sections) {
    add_new(out.panels, section.sink);
    for (const table_row& row : section.rows) {
      add_new(out.groups, group_of(from, row.key));
      add_new(out.series, axis_text(row.key, "mode"));
    }
  }
  return out;
}

// One block a panel, one line a group: its name, then median, low and high of each series. Blocks
// are parted as gnuplot's `index` wants it.
std::string data_of(const table& from, const layout& shape, const figure& what) {
  std::string out = fmt::format(
      "# {}: {} of each group; median, low, high for each of:", printable(from.run), what.name);
  for (const std::string& name : shape.series) out += ' ' + name;
  out += '\n';
  for (const table_section& section : from.sections) {
    out += fmt::format("# sink {}\n", section.sink);
    for (const std::string& group : shape.groups) {
      out += fmt::format("\"{}\"", group);
      for (const std::string& name : shape.series) {
        const auto at =
            std::find_if(section.rows.begin(), section.rows.end(), [&](const table_row& row) {
              return group_of(from, row.key) == group && axis_text(row.key, "mode") == name;
            });
        if (at == section.rows.end()) {
          out += " NaN NaN NaN";
          continue;
        }
        const estimate& value = at->metrics.*what.metric;
        out += fmt::format(" {:.6g} {:.6g} {:.6g}", std::max(value.median, what.least),
                           std::max(value.low, what.least), std::max(value.high, what.least));
      }
      out += '\n';
    }
    out += "\n\n";
  }
  return out;
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

std::size_t longest(const std::vector<std::string>& words) {
  std::size_t out = 0;
  for (const std::string& word : words) out = std::max(out, word.size());
  return out;
}

child_outcome gnuplot(const std::vector<std::string>& command, std::chrono::seconds limit,
                      int stop_fd) {
  child_outcome done;
  try {
    done = run_child(command, "", limit, stop_fd);
  } catch (const error& failed) {
    throw error(
        fmt::format("figures need gnuplot (Debian package gnuplot-nox): {}", failed.what()));
  }
  if (done.how == child_outcome::ending::stopped) throw error("interrupted while gnuplot drew");
  return done;
}

void draw(const std::vector<std::string>& command, int stop_fd) {
  const auto done = gnuplot(command, std::chrono::minutes(2), stop_fd);
  if (done.how != child_outcome::ending::exited || done.code != 0) {
    throw error(fmt::format("gnuplot failed on the figure {}: {}", command[4], done.err));
  }
}

}  // namespace

void check_plotting(const fs::path& out) {
  const auto done = gnuplot({"gnuplot", "--version"}, std::chrono::seconds(10), -1);
  if (done.how != child_outcome::ending::exited || done.code != 0) {
    throw error(fmt::format("figures need gnuplot, which fails: {}", done.err));
  }
  prepare_directory(out);
}

std::vector<fs::path> plot_run(const fs::path& directory, const fs::path& definitions,
                               const fs::path& out, int stop_fd) {
  const table from = make_table(directory);
  if (from.sections.empty()) {
    throw error(fmt::format("{} has no result to plot", pipeline::escaped(directory)));
  }
  const layout shape = layout_of(from);
  // Absolute: gnuplot takes names that begin with a bar or a bracket for commands.
  const fs::path target = fs::absolute(out / from.run);
  prepare_directory(target);
  std::vector<fs::path> drawn;
  for (const figure& what : figures) {
    const fs::path data = target / fmt::format("{}.dat", what.name);
    std::ofstream file(data);
    file << data_of(from, shape, what);
    file.close();
    if (!file) throw error(fmt::format("{} cannot be written", pipeline::escaped(data)));
    for (const char* type : {"svg", "png"}) {
      fs::path image = target / fmt::format("{}.{}", what.name, type);
      draw({"gnuplot", "-c", (definitions / "figure.gp").string(), definitions.string(),
            std::string(what.name), data.string(), image.string(), joined(shape.panels),
            joined(shape.series), fmt::format("{} {}", shape.groups.size(), longest(shape.groups)),
            machine_line(from.environment), constant_line(from)},
           stop_fd);
      drawn.push_back(std::move(image));
    }
  }
  return drawn;
}

}  // namespace annulus::harness
