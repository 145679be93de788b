// The syncs and the orderings that traces show, and how a trace would look without one of them.
#pragma once

#include <compare>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "source.hpp"
#include "trace.hpp"

namespace annulus::crash {

/// Numbers the places in the log's source that take steps, and names them by their functions:
/// "ledger::write#2 < ledger::checkpoint < chunk_store::roll: write, ledger.state". #2 is the
/// second call of its kind in a function that has several. Confirmations count as steps. One thread
/// at a time.
class places {
 public:
  explicit places(const source_index& source) : source_(source) {}

  /// The places of a trace's steps; -1: of no interest. Throws std::runtime_error if two lines
  /// would have one name.
  std::vector<int> of(const trace& steps);
  [[nodiscard]] const std::string& name(int place) const {
    return names_.at(static_cast<std::size_t>(place));
  }
  /// The calls of the seam that took a step, as in source_index::seam_calls().
  [[nodiscard]] const std::set<std::string>& seam_calls() const noexcept { return seam_calls_; }

 private:
  using lines = std::vector<std::string>;

  int number(const std::string& name);
  int place_of(const event& step);

  const source_index& source_;
  std::vector<std::string> names_;
  std::map<std::string, int> numbers_;
  std::map<std::string, lines> lines_of_;  // by name
  std::map<std::string, int> known_;       // by site, kind and file
  std::set<std::string> seam_calls_;
};

/// What `first` does is left out, or done only after `second`.
struct defect {
  int first = 0;
  int second = left_out;
  static constexpr int left_out = -1;

  friend auto operator<=>(const defect&, const defect&) = default;
};

/// Those for which a trace gives occasion: each sync left out; each sync done only after another
/// step or confirmation that follows it; each write done only after its file's sync.
std::set<defect> defects_in(const trace& steps, const std::vector<int>& at);

/// The trace that a log with this defect would have left.
trace with_defect(const trace& steps, const std::vector<int>& at, const defect& what);

}  // namespace annulus::crash
