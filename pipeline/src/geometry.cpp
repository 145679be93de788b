
#include <annulus/pipeline/error.hpp>
#include <annulus/pipeline/geometry.hpp>

#include "format.hpp"

namespace annulus::pipeline {

void geometry::validate() const {
  constexpr unsigned most = 255;
  constexpr unsigned most_together = 256;
  const auto within = [](const char* what, std::size_t value, std::size_t limit) {
    if (value >= 1 && value <= limit) return;
    throw error(error_kind::bad_argument,
                formatted("{} must be 1 to {}, not {}", what, limit, value));
  };
  within("the number of data shards", data, most);
  within("the number of parity shards", parity, most);
  if (data + parity > most_together) {
    throw error(error_kind::bad_argument,
                formatted("data and parity shards together must be at most {}, not {} + {} = {}",
                          most_together, data, parity, data + parity));
  }
  within("the block size", block, max_block);
}

}  // namespace annulus::pipeline
