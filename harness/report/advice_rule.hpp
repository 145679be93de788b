// The rule by which of rings and sizes one is chosen: figure by figure, each of which leaves those
// that are as good as the best by it.
//   - With a rate: those that reach it; the least stall at p99; the least CPU for a GiB; the
//     smallest ring. If none reaches the rate, throughput comes first. Stalls at p99.9 are told but
//     decide nothing: of a turn of half a second they are half a millisecond, which a thread that
//     was preempted once makes up alone, whatever the ring.
//   - Without one: the highest throughput, the least CPU for a GiB, the smallest ring.
#pragma once

#include "report/advice.hpp"

namespace annulus::harness {

/// The one with the best median. Precondition, as of all that follows: each candidate has the
/// figure, and no field is empty.
const candidate& best_by(const metric& by, const std::vector<candidate>& field);
/// Those that reach the rate; all, if none does.
std::vector<candidate> reaching(std::vector<candidate> field);
/// The ring and size `as`, or null.
const candidate* same_choice(const std::vector<candidate>& field, const candidate& as);

/// In what a candidate is behind the best of its field.
struct loss {
  bool of_rate = false;        ///< another reaches it
  const metric* by = nullptr;  ///< the first figure in which they are not alike, else that in which
                               ///< it is furthest behind; null: in none
  candidate best{};            ///< by that figure
  double part = 0;             ///< of the best one's figure
  bool is_tie = false;         ///< they are alike all the same, see choice_rule::alike()

  explicit operator bool() const noexcept { return of_rate || (by != nullptr && !is_tie); }
};

/// For one request.
struct choice_rule {
  const suite& of;
  bool has_rate = false;
  double stop_us = 0;  ///< for how long the consumer stops at a time; 0: it does not

  /// Whether neither is to be preferred by this figure: they differ by less than 5 %, by less than
  /// 25 % if their intervals meet, or, in stalls, by less than a twentieth of the consumer's stop
  /// or 20 µs, which is what a producer that sleeps is late by itself. (Intervals that meet for
  /// want of samples, of figures that lie far apart, make nobody take the worse one.)
  [[nodiscard]] bool alike(const metric& by, const candidate& one, const candidate& other) const;

  /// Those that all of the field have, the one that decides first, first.
  [[nodiscard]] std::vector<const metric*> figures(const std::vector<candidate>& field) const;
  /// `why` is told what decided.
  [[nodiscard]] candidate choose(std::vector<candidate> field, std::string* why = nullptr) const;
  [[nodiscard]] loss loss_of(const candidate& one, std::vector<candidate> field) const;
};

}  // namespace annulus::harness
