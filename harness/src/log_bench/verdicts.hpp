// What the log must show, judged by one run.
#pragma once

#include <string>
#include <vector>

#include "json.hpp"
#include "run.hpp"
#include "seed_figures.hpp"
#include "statistics.hpp"

namespace annulus::log_bench {

/// The cell, or null. `producers` counts for commits only.
const cell* find(const outcome& in, std::string_view row, std::size_t record_bytes,
                 unsigned producers = 1);

/// The seed's figures that a row stands beside, or null.
const seed_table* published_for(std::string_view row) noexcept;

/// A metric, its median and interval.
harness::estimate of(const cell& at, const char* metric);
/// `one` divided by `other`, repetition by repetition: those of one pass were measured side by
/// side.
harness::estimate ratio(const cell& one, const char* metric, const cell& other,
                        const char* other_metric);
/// `value` divided by a constant.
harness::estimate scaled(const harness::estimate& value, double by);

struct verdict {
  enum class direction { at_least, at_most };
  std::string what;
  double value = 0;  ///< the median
  double wanted = 0;
  direction bound = direction::at_least;
  std::string unit{};  ///< empty for a ratio

  [[nodiscard]] bool met() const noexcept {
    return bound == direction::at_least ? value >= wanted : value <= wanted;
  }
};

/// Those that this run has the cells for.
std::vector<verdict> judge(const outcome& found);

/// "disk / roof, 128 bytes = 0.91 (want >= 0.7)  met"
std::string to_text(const verdict& value);
harness::json to_json(const verdict& value);

}  // namespace annulus::log_bench
