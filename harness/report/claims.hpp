// What is claimed, as data, and whether it holds here.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "measure/matrix.hpp"
#include "measure/samples.hpp"
#include "measure/statistics.hpp"
#include "measure/suite.hpp"
#include "report/measured.hpp"

namespace annulus::harness {

/// One side of a relation: the only cell that fits, or the best one of those that do.
struct claim_side {
  cell_filter axes{};
  std::string role{};  ///< see suite::role; empty: any
  bool best = false;   ///< by the metric of the claim
};

/// Where a claim was published from.
struct publication {
  std::string results;   ///< the folder of the result set
  std::string machine;   ///< for people
  std::string revision;  ///< the commit that was measured
  double value = 0;      ///< the ratio or the figure, as measured
};

struct claim {
  std::string name;
  std::string statement;  ///< one sentence
  std::string source;     ///< "seed 000"
  std::string suite_name;
  std::string matrix;         ///< the name of the one that measures its cells
  const suite* of = nullptr;  ///< null if this build lacks it: then there is no relation
  const metric* by = nullptr;
  claim_side left;
  std::optional<claim_side> right{};  ///< left is divided by it
  std::optional<double> constant{};   ///< or by this; neither: the figure itself is bounded
  std::optional<double> at_least{};
  std::optional<double> at_most{};
  std::string each{};  ///< an axis, for whose every value the relation is stated; empty: none
  std::optional<publication> published{};

  [[nodiscard]] bool is_ratio() const noexcept { return right || constant; }
};

/// Reads a claim as strictly as parse_matrix() reads a matrix. That `matrix` has its cells is not
/// looked at.
claim parse_claim(std::string_view text, std::string_view source, const suite_list& suites);

/// Every claim in `directory`, by name: NAME.toml holds the one of that name. Throws bad_input.
std::vector<claim> load_claims(const std::filesystem::path& directory, const suite_list& suites);

/// The text of a claim's file with another [published], or with one if it has none.
std::string with_publication(std::string_view text, const publication& what);

enum class ruling { holds, does_not_hold, cannot_be_told };

struct judgement {
  ruling said = ruling::cannot_be_told;
  std::string reason{};                ///< why it cannot be told
  std::optional<estimate> figure{};    ///< the ratio or the figure, as measured
  std::string cells{};                 ///< whose it is: "futex dir / pipe dir"
  const measured_set* from = nullptr;  ///< of judge_sets(): whose the figure is
};

/// Whether the interval of the figure lies on the right side of the bound, or on the wrong one. It
/// cannot be told if neither is so, or a side is not one cell that was measured, verified and not
/// marked in `least_for_interval` repetitions. Of a relation that is stated for several values, the
/// worst counts.
judgement judge(const claim& what, const std::vector<cell_samples>& cells);

/// By the first set that has a figure for it: those of its own matrix come before others of its
/// suite. The sets must outlive the judgement.
judgement judge_sets(const claim& what, const std::vector<measured_set>& from);

/// The cells that a side of the claim could be, of those: what a matrix has to have.
std::vector<json> cells_for(const claim& what, const claim_side& side,
                            const std::vector<json>& keys);

/// "holds", "does not hold", "cannot be told"
std::string_view word_for(ruling said) noexcept;
/// "at least 1.5"
std::string bound_text(const claim& what);
/// The figure of a claim as people read it, with its unit.
std::string figure_text(const claim& what, const estimate& value);
/// "2.12 (Intel Xeon, 2 CPUs, 1a2b3c4d5e6f)"; "-" if it was not published.
std::string published_text(const claim& what);

}  // namespace annulus::harness
