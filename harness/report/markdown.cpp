// The Markdown of a table.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <functional>
#include <set>

#include "base/columns.hpp"
#include "base/printable.hpp"
#include "measure/axis.hpp"
#include "report/table.hpp"

namespace annulus::harness {
namespace {

// Three significant digits at least, never an exponent.
int decimals_of(double value) {
  constexpr int most = 6;
  if (value == 0) return 0;
  return std::clamp(2 - static_cast<int>(std::floor(std::log10(std::abs(value)))), 0, most);
}

// What a column shows of a cell.
struct shown_figure {
  std::string title;
  std::function<std::string(const table_cell&)> text;
};

// Of ratios, each of them if any cell has it.
void add_ratio(std::vector<shown_figure>& to, const table_section& section, std::string title,
               std::optional<estimate> table_cell::*ratio) {
  const bool has_any = std::any_of(section.cells.begin(), section.cells.end(),
                                   [ratio](const table_cell& cell) { return cell.*ratio; });
  if (!has_any) return;
  to.push_back({std::move(title), [ratio](const table_cell& cell) -> std::string {
                  return cell.*ratio ? estimate_text(*(cell.*ratio)) : "-";
                }});
}

std::vector<shown_figure> figures_of(const suite& of, const table_section& section) {
  std::vector<shown_figure> out;
  for (const metric* const each : section.shown) {
    out.push_back({each->title, [each](const table_cell& cell) -> std::string {
                     const auto at = cell.figures.find(each->name);
                     return at == cell.figures.end() ? "-" : estimate_text(at->second, each->scale);
                   }});
  }
  // Beside what they are ratios of.
  std::vector<shown_figure> ratios;
  add_ratio(ratios, section, "of " + of.traits().table.baseline_value, &table_cell::of_baseline);
  add_ratio(ratios, section, "of roof", &table_cell::of_roof);
  out.insert(out.begin() + (out.empty() ? 0 : 1), ratios.begin(), ratios.end());
  return out;
}

std::string repetitions_text(const table_cell& cell) {
  if (cell.marked == 0) return fmt::format("{}", cell.good);
  return fmt::format("{} of {}, {} marked", cell.good, cell.good + cell.marked, cell.marked);
}

class section_writer {
 public:
  section_writer(const suite& of, const table_section& from, bool with_parts)
      : of_(of), from_(from) {
    has_roles_ = std::any_of(from.cells.begin(), from.cells.end(),
                             [](const table_cell& cell) { return !cell.role.empty(); });
    for (const table_cell& cell : from.cells) {
      const std::string value = from.across.empty() ? "" : text_of(cell, from.across);
      if (!cell.is_roof && std::find(across_.begin(), across_.end(), value) == across_.end())
        across_.push_back(value);
    }
    for (const table_cell& cell : from.cells) {
      if (with_parts || !is_part(cell.role)) add(cell);
    }
  }

  [[nodiscard]] std::string text() const {
    std::vector<shown_figure> figures = figures_of(of_, from_);
    if (from_.across.empty()) return block(figures, true);
    std::string out;
    for (const shown_figure& each : figures) {
      out += (out.empty() ? "" : "\n") + block({each}, &each == &figures.front());
    }
    return out;
  }

 private:
  struct row {
    text_row left;
    std::vector<const table_cell*> cells;  ///< by the value across; null: there is none
  };

  [[nodiscard]] std::string text_of(const table_cell& cell, const std::string& axis) const {
    return axis_text(of_.axes(), cell.key, axis);
  }

  // A roof that serves many cells has some value of each axis, which says nothing; neither does
  // that of an axis of which a cell makes no use.
  [[nodiscard]] bool is_told_by(const table_cell& cell, const std::string& axis) const {
    const auto& rows = of_.traits().table.rows;
    if (std::find(rows.begin(), rows.end(), axis) != rows.end()) return true;
    std::set<json> values;
    for (const table_cell& each : from_.cells) {
      if (each.is_roof == cell.is_roof) values.insert(each.key.at(axis));
    }
    return cell.is_roof ? values.size() > 1
                        : values.size() <= 1 || makes_use_of(of_, cell.key, axis, values);
  }

  void add(const table_cell& cell) {
    text_row left;
    for (const std::string& axis : from_.columns)
      left.push_back(is_told_by(cell, axis) ? text_of(cell, axis) : "-");
    if (has_roles_) left.push_back(cell.role);
    auto at = std::find_if(rows_.begin(), rows_.end(),
                           [&](const row& each) { return each.left == left; });
    if (at == rows_.end()) {
      at = rows_.insert(at,
                        {std::move(left), std::vector<const table_cell*>(across_.size(), nullptr)});
    }
    for (std::size_t i = 0; i < across_.size(); ++i) {
      const bool here = from_.across.empty() || !is_told_by(cell, from_.across) ||
                        text_of(cell, from_.across) == across_[i];
      if (here) at->cells[i] = &cell;
    }
  }

  [[nodiscard]] std::string block(const std::vector<shown_figure>& figures,
                                  bool with_counts) const {
    std::vector<text_row> lines(1);
    text_row& head = lines.front();
    for (const std::string& name : from_.columns)
      head.push_back(find_axis(of_.axes(), name)->title());
    if (has_roles_) head.emplace_back("");
    const std::size_t numbers = head.size();
    for (const shown_figure& each : figures) {
      for (const std::string& value : across_)
        head.push_back(value.empty() ? each.title : fmt::format("{} {}", value, each.title));
    }
    if (with_counts) head.insert(head.end(), {"verified", "n"});
    for (const row& each : rows_) {
      text_row line = each.left;
      for (const shown_figure& what : figures) {
        for (const table_cell* const cell : each.cells)
          line.push_back(cell == nullptr ? "-" : what.text(*cell));
      }
      const auto first = line.begin() + static_cast<std::ptrdiff_t>(numbers);
      const bool says_nothing =
          std::all_of(first, line.end(), [](auto& text) { return text == "-"; });
      if (with_counts) add_counts(line, each);
      if (with_counts || !says_nothing) lines.push_back(std::move(line));
    }
    return aligned(lines, numbers, column_style::markdown);
  }

  static void add_counts(text_row& to, const row& from) {
    bool verified = true;
    std::vector<std::string> counts;
    for (const table_cell* const cell : from.cells) {
      if (cell == nullptr) continue;
      verified = verified && cell->verified;
      std::string count = repetitions_text(*cell);
      if (std::find(counts.begin(), counts.end(), count) == counts.end())
        counts.push_back(std::move(count));
    }
    to.emplace_back(verified ? "yes" : "no");
    to.push_back(fmt::format("{}", fmt::join(counts, " / ")));
  }

  const suite& of_;
  const table_section& from_;
  bool has_roles_ = false;
  std::vector<std::string> across_;
  std::vector<row> rows_;
};

std::string why_text(const table_section& section) {
  std::string out;
  for (const table_cell& cell : section.cells) {
    if (cell.reason) out += fmt::format("- {}: {}.\n", cell.label, cell.reason->sentence);
  }
  return out.empty() ? out : "\nWhat bounds them:\n\n" + out;
}

// `heading`: "##"; empty: none.
std::string section_text(const table& in, const table_section& section, std::string_view heading,
                         bool with_why) {
  const suite& of = *in.of;
  std::string out = "\n";
  if (!section.value.empty() && !heading.empty()) {
    std::string title = find_axis(of.axes(), in.section_axis)->title();
    title[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(title[0])));
    out += fmt::format("{} {}: {}\n\n", heading, title, section.value);
  }
  if (!section.constant.empty()) out += constant_line(of, section.constant) + ".\n\n";
  out += section_writer(of, section, with_why).text();
  if (section.best) {
    const bool lower = section.best->by->best == better::lower;
    out += fmt::format("\n{}: {}.\n", lower ? "Lowest" : "Fastest", winner_text(*section.best));
  }
  return out;
}

// What the reader has to know of intervals.
std::string interval_text(const table& value) {
  bool some = false;
  bool all = true;
  for (const table_section& section : value.sections) {
    for (const table_cell& cell : section.cells) {
      for (const auto& [name, figure] : cell.figures)
        (figure.has_interval() ? some : all) = figure.has_interval();
    }
  }
  std::string out = some ? "\nMedians, with their 95 % interval in brackets.\n" : "";
  if (!all) {
    out +=
        fmt::format("\nFewer than {} repetitions give a median no interval.\n", least_for_interval);
  }
  return out;
}

std::string notes_text(std::string_view title, std::string_view unit,
                       const std::vector<table_note>& notes) {
  if (notes.empty()) return "";
  std::string out = fmt::format("\n## {}\n\n", title);
  for (const table_note& note : notes) {
    const std::string more = note.more == 0 ? ""
                                            : fmt::format(" and {} more {}{}", note.more, unit,
                                                          note.more == 1 ? "" : "s");
    out += fmt::format("- {}{}: {}\n", note.cell, more, printable(note.reason));
  }
  return out;
}

std::string fitness_text(const table& value) {
  if (value.marked == 0) return fmt::format("None of {} samples was marked.", value.finished);
  std::vector<std::string> why;
  for (const table_mark& each : value.marks) {
    why.push_back(each.samples == 1
                      ? printable(each.worst)
                      : fmt::format("{}, at worst of {}", printable(each.worst), each.samples));
  }
  return fmt::format("{} of {} samples {} marked, so that no verdict counts {}: {}.", value.marked,
                     value.finished, value.marked == 1 ? "was" : "were",
                     value.marked == 1 ? "it" : "them", fmt::join(why, "; "));
}

}  // namespace

std::string estimate_text(const estimate& value, double scale) {
  const int decimals = decimals_of(value.median * scale);
  const std::string middle = fmt::format("{:.{}f}", value.median * scale, decimals);
  if (!value.has_interval()) return middle;
  return fmt::format("{} [{:.{}f}-{:.{}f}]", middle, value.low * scale, decimals,
                     value.high * scale, decimals);
}

std::string winner_text(const table_winner& best) {
  constexpr std::size_t most_named = 2;
  if (best.ties.size() > most_named)
    return fmt::format("no one: {} cells tie", best.ties.size() + 1);
  const estimate alone{best.value.median, 0, 0, 0};
  return fmt::format("{}, {} {}{}{}", best.cell, estimate_text(alone, best.by->scale),
                     best.by->title, best.ties.empty() ? "" : "; tie with ",
                     fmt::join(best.ties, ", "));
}

std::string to_markdown(const table& value, bool with_why) {
  std::string out =
      fmt::format("# {}\n\n{}{}{}.\n", printable(value.run), value.of->traits().name,
                  value.constant.empty() ? "" : ": ", constant_line(*value.of, value.constant));
  if (value.finished < value.turns) {
    out +=
        fmt::format("{} of {} turns have no result.\n", value.turns - value.finished, value.turns);
  }
  for (const table_section& section : value.sections)
    out += section_text(value, section, "##", with_why) + (with_why ? why_text(section) : "");
  out += interval_text(value) + notes_text("Look twice", "cell", value.remarks) +
         notes_text("Failed", "turn", value.failed) + notes_text("Skipped", "cell", value.skipped);
  out += fmt::format("\n## Conditions\n\n{}.\n{}\n", machine_line(value.environment),
                     fitness_text(value));
  const std::string& note = value.of->traits().note;
  return note.empty() ? out : fmt::format("{}\n{}\n", out, note);
}

std::string to_excerpt(const table& value, bool bare) {
  std::string out;
  for (const table_section& section : value.sections)
    out += section_text(value, section, bare ? "" : "###", false);
  return fmt::format("{}{}\n{}\n", out, interval_text(value), fitness_text(value));
}

}  // namespace annulus::harness
