// What a comparison found, for people and for programs.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/columns.hpp"
#include "base/printable.hpp"
#include "report/compare.hpp"
#include "report/table.hpp"

namespace annulus::harness {
namespace {

// Seconds. On two virtual CPUs of an EPYC Milan a state that changed all that crosses cores by a
// fifth lasted for half of that.
constexpr double short_run = 60;

std::string percent_text(double part) {
  return fmt::format("{:.3g} %", part * 100);
}

std::string chance_text(double chance) {
  return chance < 0.001 ? "< 0.001" : fmt::format("{:.3f}", chance);
}

std::string beside_text(const compared_cell& cell) {
  if (cell.yardstick.empty()) return "";
  return fmt::format("{}, {}", estimate_text(cell.beside), cell.yardstick);
}

std::string word_for(finding what) {
  switch (what) {
    case finding::worse:
      return "worse";
    case finding::better:
      return "better";
    case finding::no_difference:
      return "no difference";
    case finding::moved_with_yardstick:
      return "moved with its yardstick";
    case finding::no_verdict:
      break;
  }
  return "no verdict";
}

}  // namespace

std::string verdict_text(const comparison& value) {
  const std::size_t judged = value.cells.size() - value.count(finding::no_verdict);
  std::string out;
  if (judged == 0) {
    out = "Nothing can be said of any cell";
  } else if (const std::size_t worse = value.count(finding::worse); worse > 0) {
    out = fmt::format("The second is worse by more than {} in {} of {} cells",
                      percent_text(value.gate), worse, judged);
  } else {
    out = fmt::format("The second is worse by more than {} in no cell of {}",
                      percent_text(value.gate), judged);
  }
  if (const std::size_t better = value.count(finding::better); better > 0)
    out += fmt::format(", better in {}", better);
  if (value.needed > 0) {
    out += fmt::format("; {} samples of each cell are needed to tell one of {} cells apart",
                       value.needed, judged);
  }
  if (value.has_machine_moved()) {
    out += fmt::format(
        "; but the machine itself was at {:.2f} of its speed in the second, by what no build "
        "changes: measure again when it is not, or compare --builds",
        value.machine);
    return out;
  }
  const bool says_more = std::ranges::any_of(value.cells, [](const compared_cell& cell) {
    const bool differs = cell.found == finding::worse || cell.found == finding::better;
    return differs && !cell.is_steadier_beside;
  });
  if (says_more && value.seconds > 0 && value.seconds < short_run) {
    out += fmt::format(
        "; but of {:.1f} s of measuring: a state of the machine that lasts as long looks like a "
        "difference, which more repetitions or --builds can tell",
        value.seconds);
  }
  return out;
}

std::string to_text(const comparison& value, const std::array<std::string, 2>& names,
                    const std::vector<std::string>& across) {
  std::string out = fmt::format("First:  {}\nSecond: {}\n", names[0], names[1]);
  for (const std::string& each : across) out += fmt::format("ACROSS {}\n", each);
  std::vector<text_row> rows{{"cell", "figure", "first", "second", "second / first [95 %]",
                              "beside its yardstick [95 %]", "p (Holm)", "n", "verdict"}};
  std::string without;
  for (const compared_cell& cell : value.cells) {
    if (cell.found == finding::no_verdict) {
      without += fmt::format("- {}: {}\n", cell.label, printable(cell.reason));
      continue;
    }
    const auto shown = [&](double median) {
      return estimate_text({median, median, median, 0}, cell.by->scale);
    };
    rows.push_back({cell.label, cell.by->title, shown(cell.medians[0]), shown(cell.medians[1]),
                    estimate_text(cell.ratio), beside_text(cell), chance_text(cell.chance),
                    fmt::format("{}, {}", cell.n[0], cell.n[1]), word_for(cell.found)});
  }
  if (rows.size() > 1) out += '\n' + aligned(rows, 2, column_style::markdown);
  if (!without.empty()) out += "\nNo verdict:\n" + without;
  if (!value.unpaired.empty())
    out += fmt::format("\nNot in both:\n- {}\n", fmt::join(value.unpaired, "\n- "));
  return out + '\n' + verdict_text(value) + ".\n";
}

json to_json(const comparison& value, const std::array<json, 2>& sides_of,
             const std::vector<std::string>& across) {
  json cells = json::array();
  for (const compared_cell& cell : value.cells) {
    json& at = cells.emplace_back(json{{"cell", cell.label}, {"key", cell.key}, {"n", cell.n}});
    at["verdict"] = word_for(cell.found);
    if (cell.by != nullptr) {
      at["metric"] = cell.by->name;
      at["medians"] = cell.medians;
    }
    if (cell.found == finding::no_verdict) {
      at["reason"] = cell.reason;
      continue;
    }
    at["ratio"] = cell.ratio.median;
    at["interval_95"] = {cell.ratio.low, cell.ratio.high};
    at["p_corrected"] = cell.chance;
    if (cell.yardstick.empty()) continue;
    at["beside"] = {{"of", cell.yardstick},
                    {"ratio", cell.beside.median},
                    {"interval_95", {cell.beside.low, cell.beside.high}},
                    {"is_steadier", cell.is_steadier_beside}};
  }
  return {{"first", sides_of[0]},
          {"second", sides_of[1]},
          {"across", across},
          {"gate", value.gate},
          {"cells", std::move(cells)},
          {"not_in_both", value.unpaired},
          {"needed", value.needed},
          {"seconds", value.seconds},
          {"machine", value.machine},
          {"machine_moved", value.has_machine_moved()},
          {"worse", value.count(finding::worse)},
          {"verdict", verdict_text(value)}};
}

}  // namespace annulus::harness
