// What a run measured, whatever its suite: as data, as Markdown and as JSON.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "measure/estimates.hpp"
#include "measure/samples.hpp"
#include "measure/suite.hpp"
#include "report/why.hpp"

namespace annulus::harness {

/// One cell that was measured.
struct table_cell {
  json key;
  std::string label;  ///< what tells it from the other cells of its section
  std::string role;   ///< see suite::role
  bool is_roof = false;
  bool verified = false;
  std::size_t good = 0;                     ///< repetitions in good company
  std::size_t marked = 0;                   ///< repetitions in bad company
  std::map<std::string, estimate> figures;  ///< by metric, as measured
  std::optional<estimate> of_roof;          ///< its first figure, divided by that of its roof
  std::optional<estimate> of_baseline;      ///< by that of the cell it is compared with
  std::optional<why> reason;                ///< what bounds it; none: that is not known
};

/// The best cell of a section, by the figure that its cells are judged by.
struct table_winner {
  std::string cell;  ///< its label
  const metric* by = nullptr;
  estimate value;
  std::vector<std::string> ties;  ///< the labels of those that the data cannot tell from it
};

struct table_section {
  std::string value;                 ///< of the layout's axis; empty: there is only this section
  std::vector<std::string> columns;  ///< the axes on the left
  std::string across;                ///< the axis whose values stand side by side; empty: none
  json constant;                     ///< axes that vary, but not here: by name, as text
  std::vector<const metric*> shown;  ///< what its cells have and a reader is shown
  std::vector<table_cell> cells;     ///< in the order of the matrix, then the roofs of these
  std::optional<table_winner> best;
};

/// Why something has no result, or needs another look.
struct table_note {
  std::string cell;      ///< the first, by its label
  std::size_t more = 0;  ///< how many others have the same reason
  std::string reason;
};

/// In what way the company of samples was bad.
struct table_mark {
  std::string worst;  ///< the sentence of the worst of them
  std::size_t samples = 0;
};

/// Refers to its suite, which must outlive it.
struct table {
  std::string run;
  const suite* of = nullptr;
  json environment;          ///< env.json
  json constant;             ///< the axes that do not vary, by name, as text
  std::string section_axis;  ///< what parts the sections; empty: there is one
  std::vector<table_section> sections;
  std::vector<table_note> remarks;  ///< cells whose median does not say it all, and why
  std::vector<table_note> failed;   ///< turns
  std::vector<table_note> skipped;  ///< cells
  std::vector<table_mark> marks;
  std::size_t turns = 0;     ///< planned, without those that narrow intervals need
  std::size_t finished = 0;  ///< with a result
  std::size_t marked = 0;    ///< of the finished: in bad company, so that no verdict counts them

  /// Whether every repetition of every cell delivered what it was given.
  [[nodiscard]] bool all_verified() const;
};

/// Reads the run in `directory`. Throws `error` if it is no result set, or of a suite that is not
/// among these.
table make_table(const std::filesystem::path& directory, const suite_list& suites);

/// `with_why`: the parts of the work alone (see is_part()), and below each section what bounds each
/// of its cells.
std::string to_markdown(const table& value, bool with_why = false);
/// What stands in a page that has text of its own: the sections, each under a heading of the third
/// level unless `bare`, and what a reader has to know of intervals and company.
std::string to_excerpt(const table& value, bool bare);
json to_json(const table& value);
json to_json(const estimate& value);

/// "8.12 [8.01-8.20]", times `scale`; "8.12" if there is no interval.
std::string estimate_text(const estimate& value, double scale = 1);
/// "futex serial, 812 MB/s; tie with spsc serial", or, of many, "no one: 12 cells tie".
std::string winner_text(const table_winner& best);
/// "Intel Xeon, 2 CPUs, 1 NUMA node, Linux 6.1, under KVM": one line for captions.
std::string machine_line(const json& environment);
/// "ring size 2MiB, block 1MiB, ...", of a table or a section, one line for captions.
std::string constant_line(const suite& of, const json& constant);

/// The axis by whose values the table of cells with these keys is parted; empty: none.
std::string section_axis(const suite& of, const std::vector<json>& keys);

/// The axes that tell the cells of a matrix apart: those that name a row, then those that vary
/// among `keys`.
std::vector<std::string> naming_axes(const suite& of, const std::vector<json>& keys);

}  // namespace annulus::harness
