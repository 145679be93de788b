// Which ring, and how large, for what somebody wants to move: from what was measured.
//
// What is known of rings there: advice_field.hpp; how one is chosen: advice_rule.hpp.
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
  std::uint64_t size = 0;                     ///< 0: it has no memory of its own
  std::map<std::string, estimate> figures{};  ///< by metric
  origin from = origin::measured;
  double span = 0;                   ///< how far apart, in logarithms, the cells lie
  std::vector<std::size_t> cells{};  ///< numbers of those that it is known from
  bool reaches_rate = true;          ///< that of the request, if it has one

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
};

/// Nothing if `cells`, of the request's suite, say nothing of at least two rings. Samples in bad
/// company stay out, unless without them there is no choice.
std::optional<advice> advise(const advice_request& asked, const std::vector<cell_samples>& cells);

/// Where an answer comes from.
struct advice_source {
  std::string run;
  std::string machine;
  std::string revision;
  std::string other_machine;  ///< this one, if the set was measured on another; else empty
  bool now = false;           ///< measured for this answer
};

/// What was asked for, as people say it: "messages of 4KiB, load open:200MB/s".
std::string request_text(const advice_request& asked);
std::string to_text(const advice& found, const advice_source& from,
                    const std::vector<cell_samples>& cells);
json to_json(const advice& found, const advice_source& from);

}  // namespace annulus::harness
