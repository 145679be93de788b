// What is known of rings at a place: a message's bytes, the rates at which messages come and are
// taken, a size; and words, such as when the consumer stops. Cells with a request's words are
// looked at. What was measured at a place stands as it is (`measured`). Else each figure is
// interpolated between the two nearest places that differ in one number, one below and one above,
// linearly in the logarithms of number and figure; if there are no such two, in two numbers, one
// after the other, and so on, and where there is a choice, between the nearest (`interpolated`). At
// the edge a place no further than a factor of two away stands for it (`nearest`). The sizes of
// rings are those that were measured. A ring that does not hold what comes while the consumer stops
// is of another kind than one that does, and neither says anything of the other; one that does not
// hold twice what is written at once is not interpolated.
#pragma once

#include <array>
#include <set>

#include "report/advice.hpp"
#include "suites/common/load.hpp"

namespace annulus::harness {

enum dimension : std::size_t { by_message, by_rate, by_drain, by_capacity };
/// By dimension; 0: there is no such number.
using coordinates = std::array<double, 4>;

/// A cell's key in numbers and words.
struct place {
  std::string ring{};
  nlohmann::json words{};  ///< whose order does not matter
  coordinates at{};
  bench::load load{};
};

/// The cells with the words of a request. Refers to both, which must outlive it.
class neighbours {
 public:
  /// Cells with no sample in good company count only if `marked_too`.
  neighbours(const advice_request& asked, const std::vector<cell_samples>& cells, bool marked_too);

  [[nodiscard]] const coordinates& here() const noexcept { return here_.at; }
  [[nodiscard]] bool has_rate() const { return offered(here()) > 0; }
  /// For how long the consumer stops at a time.
  [[nodiscard]] double stop_us() const noexcept;
  /// What rings of the sizes that were measured would do there, by name and size, but for those
  /// that the message does not fit in, of which `skipped` is told.
  [[nodiscard]] std::vector<candidate> at(const coordinates& where,
                                          std::vector<std::string>* skipped = nullptr) const;
  /// All that were measured, whatever the rest of the place.
  [[nodiscard]] std::set<double> values(dimension of) const;
  /// Sentences: why cells of the very request have no figures.
  [[nodiscard]] const std::vector<std::string>& useless() const noexcept { return useless_; }

 private:
  using ring_cells = std::map<coordinates, const cell_samples*>;

  void add(const cell_samples& cell, bool marked_too);
  [[nodiscard]] double producer_rate(const coordinates& at) const;
  [[nodiscard]] double offered(const coordinates& at) const;
  [[nodiscard]] bool holds_stop(const coordinates& at) const;
  [[nodiscard]] std::string misfit(const candidate& ring, const coordinates& where) const;
  [[nodiscard]] candidate known(const cell_samples& cell, const coordinates& at) const;
  [[nodiscard]] std::optional<candidate> guessed(const ring_cells& cells, const coordinates& at,
                                                 const std::vector<dimension>& open) const;
  void set_rate(candidate& of, const coordinates& at) const;

  const advice_request& asked_;
  place here_;
  std::map<std::string, ring_cells> rings_;
  std::vector<std::string> useless_;
};

}  // namespace annulus::harness
