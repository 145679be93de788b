#include "report/decision_plot.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/printable.hpp"
#include "measure/axis.hpp"
#include "measure/estimates.hpp"
#include "report/decision.hpp"
#include "report/gnuplot.hpp"
#include "report/table.hpp"

namespace annulus::harness {
namespace {

namespace fs = std::filesystem;

// In which colour a row is drawn.
enum class row_kind { other, baseline, choice, tied };

// What a matrix says of itself, without how long it takes.
std::string question_of(const std::string& description) {
  const auto end = description.find('?');
  return end == std::string::npos ? description : description.substr(0, end + 1);
}

class decision_drafter {
 public:
  decision_drafter(const measured_set& from, const table& of) : from_(from), of_(of) {
    for (const decision& each : decisions_of(of)) add(each);
  }

  [[nodiscard]] bool has_baseline() const {
    return std::any_of(of_.sections.begin(), of_.sections.end(), [](const auto& section) {
      return std::any_of(section.cells.begin(), section.cells.end(),
                         [](const table_cell& cell) { return cell.of_baseline.has_value(); });
    });
  }
  [[nodiscard]] const std::string& data() const { return data_; }
  [[nodiscard]] std::string parameters() const {
    const metric& by = *of_.sections.front().shown.front();
    const auto longest = std::max_element(
        names_.begin(), names_.end(),
        [](const auto& one, const auto& other) { return one.size() < other.size(); });
    return fmt::format("panels = {}; rows = {}; letters = {}; marked = {}; ", titles_.size(), rows_,
                       longest->size(), any_marked_ ? 1 : 0) +
           fmt::format("unit = {}; baseline = {}; question = {}; machine = {}; ",
                       gnuplot_text(by.title), gnuplot_text(of_.of->traits().table.baseline_value),
                       gnuplot_text(printable(question_of(from_.what.description))),
                       gnuplot_text(machine_line(of_.environment))) +
           gnuplot_array("titles", titles_) + gnuplot_array("headlines", headlines_);
  }

 private:
  // Three blocks a panel, parted as gnuplot's `index` wants it: of each row its kind, median, low,
  // high, name and ratio to the baseline; of each repetition its row, how far it stands from its
  // middle, its value, and whether it is marked; and the roofs.
  void add(const decision& made) {
    const table_section& in = *made.section;
    if (in.shown.empty()) return;
    const metric& by = *in.shown.front();
    titles_.push_back(
        of_.section_axis.empty()
            ? ""
            : fmt::format("{} {}", find_axis(of_.of->axes(), of_.section_axis)->title(), in.value));
    headlines_.push_back(headline_of(of_, made));
    std::string rows;
    std::string points;
    std::string roofs;
    std::size_t row = 0;
    for (const table_cell& cell : in.cells) {
      const auto value = cell.figures.find(by.name);
      if (value == cell.figures.end()) continue;
      if (is_part(cell.role)) continue;
      if (cell.is_roof) {
        roofs += fmt::format("{:.6g}\n", value->second.median * by.scale);
        continue;
      }
      names_.push_back(cell_name(of_, in, cell, false));
      rows +=
          fmt::format("{} {} {:.6g} {:.6g} {:.6g} \"{}\" \"{}\"\n", row,
                      static_cast<int>(kind_of(made, cell)), value->second.median * by.scale,
                      value->second.low * by.scale, value->second.high * by.scale, names_.back(),
                      cell.of_baseline ? estimate_text({cell.of_baseline->median, 0, 0, 0}) + "×"
                      : is_baseline(*of_.of, cell) ? "baseline"
                                                   : "");
      points += points_of(cell, by, row);
      ++row;
    }
    rows_ = std::max(rows_, row);
    data_ += fmt::format("# {}\n{}\n\n{}\n\n{}\n\n", titles_.back(), rows, points,
                         roofs.empty() ? "NaN\n" : roofs);
  }

  [[nodiscard]] row_kind kind_of(const decision& made, const table_cell& cell) const {
    if (&cell == made.choice) return row_kind::choice;
    if (is_baseline(*of_.of, cell)) return row_kind::baseline;
    const bool is_tied = made.how == decision::kind::tie &&
                         std::find(made.tied.begin(), made.tied.end(), &cell) != made.tied.end();
    return is_tied ? row_kind::tied : row_kind::other;
  }

  std::string points_of(const table_cell& cell, const metric& by, std::size_t row) {
    const auto at = std::find_if(from_.cells.begin(), from_.cells.end(),
                                 [&](const cell_samples& each) { return each.key == cell.key; });
    const auto n = static_cast<double>(at->results.size() + at->marked.size());
    double number = 0;
    std::string out;
    for (const auto* const some : {&at->results, &at->marked}) {
      for (const auto& [repetition, result] : *some) {
        const auto value = result.metrics.find(by.name);
        if (value == result.metrics.end()) continue;
        const bool is_marked = some == &at->marked;
        any_marked_ = any_marked_ || is_marked;
        out += fmt::format("{} {:.3f} {:.6g} {}\n", row, n > 1 ? number / (n - 1) - 0.5 : 0,
                           value->second * by.scale, is_marked ? 1 : 0);
        ++number;
      }
    }
    return out;
  }

  const measured_set& from_;
  const table& of_;
  std::string data_;
  std::vector<std::string> titles_;
  std::vector<std::string> headlines_;
  std::vector<std::string> names_;
  std::size_t rows_ = 0;
  bool any_marked_ = false;
};

}  // namespace

std::vector<fs::path> draw_decision(const measured_set& from, const suite_list& suites,
                                    const fs::path& definitions, const fs::path& target,
                                    int stop_fd) {
  const table measured = make_table(from.directory, suites);
  const decision_drafter drafted(from, measured);
  if (!drafted.has_baseline()) return {};
  return draw_figure({.definition = definitions / "decision.gp",
                      .target = target,
                      .name = "decision",
                      .data = drafted.data(),
                      .parameters = drafted.parameters()},
                     stop_fd);
}

}  // namespace annulus::harness
