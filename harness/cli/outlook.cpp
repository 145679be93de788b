#include "cli/outlook.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/columns.hpp"
#include "cli/measuring.hpp"
#include "machine/topology.hpp"
#include "measure/plan.hpp"
#include "report/table.hpp"

namespace annulus::cli {
namespace {

using harness::json;
using harness::matrix;

std::string time_text(double seconds) {
  return seconds < 60 ? fmt::format("{:.0f} s", std::ceil(seconds))
                      : fmt::format("{:.0f} min", std::ceil(seconds / 60));
}

std::string counted(std::size_t count, const char* what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

// A matrix on this machine.
class outlook {
 public:
  explicit outlook(const matrix& of)
      : of_(of), plan_(make_plan(of, harness::measurable_machine(), of.seed.value_or(0))) {
    for (const harness::planned_cell& cell : plan_.cells) {
      if (!cell.is_roof) keys_.push_back(cell.request.key);
      roofs_ += cell.is_roof ? 1 : 0;
      skipped_ += cell.skipped.empty() ? 0 : 1;
    }
  }

  [[nodiscard]] std::size_t turns() const {
    return plan_.runnable.size() * static_cast<std::size_t>(of_.repetitions);
  }
  [[nodiscard]] double seconds() const { return plan_.seconds(*of_.of, of_.repetitions); }

  [[nodiscard]] harness::text_row line() const {
    return {of_.name,
            of_.of->traits().name,
            fmt::format("{}", plan_.cells.size()),
            fmt::format("{}", turns()),
            time_text(seconds()),
            of_.description};
  }

  [[nodiscard]] std::string sentence() const {
    std::string out = fmt::format(
        "{}: {} of the suite {}{}{}; {}, about {}", of_.name, counted(keys_.size(), "cell"),
        of_.of->traits().name, roofs_ == 0 ? "" : " and " + counted(roofs_, "roof"),
        skipped_ == 0 ? "" : fmt::format(", {} of them skipped here", skipped_),
        counted(turns(), "turn"), time_text(seconds()));
    if (of_.until) {
      out += fmt::format(", and up to {} more until intervals reach no further than {} %",
                         time_text(static_cast<double>(of_.budget.count())), *of_.until * 100);
    }
    return out;
  }

  [[nodiscard]] json data(bool with_cells) const {
    json out{{"name", of_.name},
             {"suite", of_.of->traits().name},
             {"description", of_.description},
             {"cells", keys_.size()},
             {"roofs", roofs_},
             {"skipped", skipped_},
             {"turns", turns()},
             {"seconds", std::ceil(seconds())},
             {"extra_seconds", of_.budget.count()}};
    if (!with_cells) return out;
    json& list = out["each"] = json::array();
    for (const harness::planned_cell& cell : plan_.cells) {
      json& each = list.emplace_back(json{{"key", cell.request.key}, {"roof", cell.is_roof}});
      if (!cell.skipped.empty()) each["skipped"] = cell.skipped;
    }
    return out;
  }

  [[nodiscard]] std::string cells() const {
    const auto axes = naming_axes(*of_.of, keys_);
    std::vector<harness::text_row> rows;
    for (const harness::planned_cell& cell : plan_.cells) {
      rows.push_back({"  " + cell_label(of_.of->axes(), cell.request.key, axes),
                      !cell.skipped.empty() ? "skipped: " + printable(cell.skipped)
                      : cell.is_roof        ? "a roof of others"
                                            : ""});
    }
    return aligned(rows, 2, harness::column_style::plain);
  }

 private:
  const matrix& of_;
  harness::plan plan_;
  std::vector<json> keys_;
  std::size_t roofs_ = 0;
  std::size_t skipped_ = 0;
};

void show(const std::vector<matrix>& of, bool with_cells, bool as_data) {
  json list = json::array();
  for (const matrix& each : of) {
    const outlook ahead(each);
    list.push_back(ahead.data(with_cells));
    if (as_data) continue;
    print("{}\n", ahead.sentence());
    if (with_cells) print_text(ahead.cells());
  }
  if (as_data) print_json(list, 2);
}

}  // namespace

void show_shipped(bool as_data) {
  json list = json::array();
  std::vector<harness::text_row> rows{{"name", "suite", "cells", "turns", "time", ""}};
  for (const auto& file : shipped_matrices()) {
    const std::string name = file.stem().string();
    try {
      const matrix of = load_named(name, {});
      const outlook ahead(of);
      rows.push_back(ahead.line());
      list.push_back(ahead.data(false));
    } catch (const harness::error& problem) {
      // Of a suite that this build lacks, most likely: no reason to hide the others.
      rows.push_back({name, "-", "-", "-", "-", problem.what()});
      list.push_back({{"name", name}, {"error", problem.what()}});
    }
  }
  if (as_data) {
    print_json(list, 2);
  } else {
    print_text(aligned(rows, rows.front().size(), harness::column_style::plain));
  }
}

void show_outlook(const std::vector<matrix>& of, bool as_data) {
  show(of, false, as_data);
}

void show_cells(const std::vector<matrix>& of, bool as_data) {
  show(of, true, as_data);
}

}  // namespace annulus::cli
