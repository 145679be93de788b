// The syncs and the orderings that traces show, and how a trace would look without one of them.
#pragma once

#include <compare>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "trace.hpp"

namespace annulus::crash {

/// Numbers the places in the log's source that take steps: "core.cpp:135: sync file, chunk".
/// Confirmations count as steps. One thread at a time.
class places {
 public:
  /// The places of a trace's steps; -1: of no interest.
  std::vector<int> of(const trace& steps);
  [[nodiscard]] const std::string& name(int place) const {
    return names_.at(static_cast<std::size_t>(place));
  }
  /// Every line of chunklog/src that was on the way to a step.
  [[nodiscard]] const std::set<std::string>& lines() const noexcept { return lines_; }

 private:
  int number(const std::string& name);
  std::string source(int site);

  std::vector<std::string> names_;
  std::map<std::string, int> numbers_;
  std::map<int, std::string> sources_;
  std::map<std::string, int> known_;
  std::set<std::string> lines_;
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
