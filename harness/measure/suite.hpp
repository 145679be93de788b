// What can be measured: a suite says which axes its cells have, what one cell does, and which
// figures come of it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "measure/axis.hpp"
#include "measure/cell.hpp"

namespace annulus::harness {

enum class better { higher, lower, neither };

/// A figure of a cell, and how it is shown.
struct metric {
  std::string name;   ///< in results and JSON; ends in its unit: "cpu_seconds_per_gib"
  std::string title;  ///< with the unit that is shown: "CPU-s/GiB"
  better best = better::neither;
  double scale = 1;  ///< shown = measured × scale
};

// The figures that every suite names alike.
inline constexpr auto bytes_per_second = "bytes_per_second";
inline constexpr auto cpu_per_gib = "cpu_seconds_per_gib";
inline constexpr auto stall_p99 = "stall_p99_us";
inline constexpr auto stall_p999 = "stall_p99.9_us";

/// How the table of a suite is laid out. Axes that vary and are not named here become columns on
/// the left.
struct layout {
  std::string section{};            ///< a table for each value of this axis; empty: one table
  std::string section_if_varies{};  ///< an axis that parts tables instead wherever it varies
  std::vector<std::string> rows{};  ///< axes that name a row even if they do not vary
  std::string across{};             ///< an axis whose values stand side by side; empty: none
  bool is_contest = true;  ///< the cells of a section do the same work: one of them may win
  /// What every cell is compared with: the same but for this value of this axis; empty: nothing.
  std::string baseline_axis{};
  std::string baseline_value{};
};

// The roles of roofs that are one part of a cell's work.
inline constexpr auto encoding_alone = "encoding alone";
inline constexpr auto hashing_alone = "hashing alone";
inline constexpr auto sink_alone = "sink alone";
/// Whether `role` is one of these: such a roof does not limit the whole.
bool is_part(std::string_view role) noexcept;

/// How bytes go through the rings of a cell: what explains its figures beside them.
struct traffic {
  std::string load = "closed";  ///< how its ends are driven, as bench::load spells it
  std::uint64_t ring_size = 0;  ///< bytes of each ring
  std::uint64_t piece = 0;      ///< bytes that a writer hands over at once
  std::uint64_t rings = 1;      ///< at once
  double share = 1;             ///< of all bytes: those that go through one ring
  std::size_t threads = 2;      ///< that fill and drain them
  bool share_a_cpu = false;     ///< all of these run on one
  bool copies = true;           ///< into the ring and out of it
  bool stores = false;          ///< what drains the rings gives the bytes to a sink
};

/// What never changes about a suite.
struct suite_traits {
  std::string name;         ///< in matrices: "pipeline"
  std::string description;  ///< one sentence
  std::vector<axis> axes;
  std::vector<metric> metrics;
  layout table{};
  std::vector<std::string> quantities{};  ///< sizes that a derived axis may refer to, besides axes
  bool reads_input = false;               ///< a cell is given a file to read
  std::string note{};                     ///< sentences below the table
};

/// Thread-safe: nothing changes after construction.
class suite {
 public:
  explicit suite(suite_traits traits) : traits_(std::move(traits)) {}
  virtual ~suite() = default;
  suite(const suite&) = delete;
  suite& operator=(const suite&) = delete;

  [[nodiscard]] const suite_traits& traits() const noexcept { return traits_; }
  [[nodiscard]] const std::vector<axis>& axes() const noexcept { return traits_.axes; }

  /// The same cell with every axis that it does not use at one value. A matrix may name it in
  /// several ways; it is measured once.
  [[nodiscard]] virtual json reduced(json key) const;
  /// Why there is no such cell anywhere, such as a queue of items for a stream of bytes; empty:
  /// there is.
  [[nodiscard]] virtual std::string unavailable(const json& key) const;
  /// The figures that a cell has and a reader is shown, the one by which cells are judged first.
  [[nodiscard]] virtual std::vector<std::string> shown(const json& key) const = 0;
  /// The keys of cells that say what this machine could do at best; they are measured beside it.
  [[nodiscard]] virtual std::vector<json> roofs(const json& key) const;
  /// Those of the traits, for one cell: {"frame", 131104}.
  [[nodiscard]] virtual std::map<std::string, std::uint64_t> quantities(const json& key) const;
  /// Nothing if it is not known what bounds such a cell: then nothing is said of that.
  [[nodiscard]] virtual std::optional<traffic> traffic_of(const json& key) const;
  /// About how long one turn takes, its verification included.
  [[nodiscard]] virtual double seconds(const json& key) const = 0;
  /// What the cell is called in tables beyond its axes: "ring", "peer", "roof"; empty: nothing.
  [[nodiscard]] virtual std::string role(const json& key) const;
  /// One turn, in this process. Throws what the libraries throw; nothing measured is then kept.
  [[nodiscard]] virtual cell_result run(const cell_request& cell) const = 0;

 private:
  suite_traits traits_;
};

using suite_list = std::vector<const suite*>;

/// The suite of that name. Throws bad_input: "`where` must be one of pipeline, rings, but is
/// "ring"".
const suite& find_suite(const suite_list& all, std::string_view name, std::string_view where);

/// Whether another of these values of an axis would make another cell of this one.
bool makes_use_of(const suite& of, const json& key, const std::string& axis,
                  const std::set<json>& values);

/// The key of the cell that this one is compared with, see layout::baseline_axis; it may be its
/// own.
std::optional<json> baseline_key(const suite& of, json key);

/// What the process of one turn does: brings the values of the key to their canonical form, applies
/// each axis, and runs the cell. Throws bad_input if there is no such suite, axis or value, and
/// what the suite throws.
cell_result run_cell(const suite_list& all, cell_request cell);

/// The metric of that name. Throws `error`.
const metric& find_metric(const suite& of, std::string_view name);

/// The axes of a suite that say where threads run and where memory lies; see resolve().
axis placement_axis();
axis memory_axis();

}  // namespace annulus::harness
