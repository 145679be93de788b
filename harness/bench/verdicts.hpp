// What the rings must show, judged by the medians of one run.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "json.hpp"
#include "run.hpp"

namespace annulus::bench {

enum class direction { at_least, at_most };

/// One criterion at one ring size.
struct verdict {
  std::string criterion;  ///< "a best"
  std::size_t ring_size = 0;
  std::string what;  ///< "best ours (mirror) / best peer (boost-spsc)"
  double value = 0;  ///< that ratio, or that figure
  double wanted = 0;
  direction bound = direction::at_least;
  std::string unit;     ///< of the figure; empty for a ratio
  bool judged = false;  ///< it is at the size that the criterion is stated for

  [[nodiscard]] bool met() const noexcept {
    return bound == direction::at_least ? value >= wanted : value <= wanted;
  }
};

/// The size that the criteria are stated for; other sizes are shown beside it.
inline constexpr std::size_t judged_ring_size = std::size_t{2} << 20;

/// Those that this run has the cells for.
std::vector<verdict> judge(std::span<const cell> cells);
/// Those of annulus bench pipelines.
std::vector<verdict> judge_pipelines(std::span<const cell> cells);

/// "a  2MiB  best ours (mirror) / best peer (boost-spsc) = 1.31 (want >= 1.25)  met"
std::string to_text(const verdict& value);
/// `size_key`: what the size is called.
harness::json to_json(const verdict& value, const std::string& size_key = "ring_size");

}  // namespace annulus::bench
