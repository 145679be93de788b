// Which ring, and how large, for what somebody wants to move: from what was measured.
//
// A cell is a place: a ring, its size, the bytes of a message, the rate at which they come and at
// which they are taken; and words, such as when the consumer stops. Cells with the same words are
// looked at. What was measured at the very place that is asked for stands as it is (`measured`).
// Else each figure is interpolated between the two nearest places that differ in one number, one
// below and one above, linearly in the logarithms of number and figure; if there are no such two,
// in two numbers, one after the other, and so on, and where there is a choice, between the nearest
// (`interpolated`). At the edge a place no further than a factor of two away stands for it
// (`nearest`). The sizes of rings are those that were measured; one that does not hold two messages
// is of another kind than those that do, and not interpolated.
//
// Of rings and sizes the choice goes through a rule, figure by figure, and each figure leaves those
// that are as good as the best by it:
//   - with a rate: those that reach it (95 % of it, since a run has an end); the least stall at
//     p99.9, then at p99; the least CPU for a GiB; the smallest ring. If none reaches the rate,
//     throughput comes first.
//   - without one: the highest throughput, the least CPU for a GiB, the smallest ring.
// Two figures are as good as each other if they differ by less than 5 %, by less than 25 % if their
// intervals meet, or, of stalls, by less than 20 µs, which is what a producer that sleeps is late
// by itself. (Intervals that meet for want of samples, of figures that lie far apart, make nobody
// take the worse one.) Samples in bad company stay out, unless without them there is no choice;
// then the answer says so.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "measure/estimates.hpp"
#include "measure/samples.hpp"
#include "measure/suite.hpp"

namespace annulus::harness {

/// How what is said of a place is known; the better the earlier.
enum class origin { measured, interpolated, nearest };
/// "measured"
std::string_view word_for(origin value) noexcept;

/// What somebody wants to move: the canonical value of every axis of a suite with the axes `ring`,
/// `ring_size` and `block`, or `write` and `read`, which are to be the same. What it says of ring
/// and size does not matter.
struct advice_request {
  const suite* of = nullptr;
  json key;
};

/// A ring of some size, and what it would do.
struct candidate {
  std::string ring;
  std::uint64_t size = 0;                   ///< 0: it has no memory of its own
  std::map<std::string, estimate> figures;  ///< by metric
  origin from = origin::measured;
  std::vector<std::size_t> cells;  ///< numbers of those that it is known from
  bool reaches_rate = true;        ///< that of the request, if it has one

  /// "futex 2MiB"
  [[nodiscard]] std::string label() const;
};

struct advice {
  advice_request asked;
  std::vector<candidate> rings;  ///< the best size of each ring, best first, which is the advice
  std::string why;               ///< what decided
  std::vector<std::string> changes;  ///< sentences: what would change the answer
  std::vector<std::string> skipped;  ///< sentences: which rings and sizes were out of the question
  bool marked = false;               ///< without samples in bad company there was no choice

  [[nodiscard]] const candidate& best() const { return rings.front(); }
  [[nodiscard]] bool has_rate() const;
};

/// Nothing if `cells`, of the request's suite, say nothing of at least two rings.
std::optional<advice> advise(const advice_request& asked, const std::vector<cell_samples>& cells);

/// A request that was measured, but was asked for without its own cells.
struct held_back {
  std::string request;  ///< "write=4KiB open:200MB/s"
  std::string chosen;   ///< from the other cells
  std::string best;     ///< of its own cells, by the figure that decides
  origin from = origin::measured;
  const metric* by = nullptr;  ///< the first figure by which the chosen one is not as good as the
                               ///< best; null: there is none
  double behind = 0;           ///< by what part of the best one's figure it is worse
  bool is_tie = false;         ///< but the intervals of the two meet
  bool missed_rate = false;    ///< it does not reach a rate that others reach

  [[nodiscard]] bool is_good() const noexcept;
};
/// The part of the best one's figure by which advice may be worse.
inline constexpr double good_advice = 0.1;

/// Takes the cells of one request out, asks the others, and looks at what its own cells say of the
/// answer; `count` times at most, in an order that does not depend on any figure. Requests that the
/// others say nothing of, or whose answer was not measured in their own cells, are passed over.
std::vector<held_back> hold_back(const suite& of, const std::vector<cell_samples>& cells,
                                 std::size_t count);

/// Where an answer comes from.
struct advice_source {
  std::string run;
  std::string machine;
  std::string revision;
  std::string other_machine;  ///< this one, if the set was measured on another; else empty
  bool now = false;           ///< measured for this answer
};

/// What was asked for, as people say it: "messages of 4KiB at 200MB/s".
std::string request_text(const advice_request& asked);
std::string to_text(const advice& found, const advice_source& from,
                    const std::vector<cell_samples>& cells);
json to_json(const advice& found, const advice_source& from);
/// The table of them, and how many were good.
std::string to_text(const std::vector<held_back>& found);
json to_json(const std::vector<held_back>& found);

}  // namespace annulus::harness
