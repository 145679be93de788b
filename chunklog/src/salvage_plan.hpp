// Which copy of each record a repair keeps, and in which chunk.
#pragma once

#include <cstdint>
#include <vector>

#include "walk.hpp"

namespace annulus::chunklog {

/// Records with consecutive IDs from one place, or a gap that an earlier repair has declared.
struct kept_run {
  std::uint64_t first_id = 0;
  std::uint64_t last_id = 0;
  std::uint64_t offset = 0;
  std::uint64_t end = 0;
  std::size_t source = 0;  ///< the chunk's index
  bool gap = false;
};

/// A chunk of the repaired log.
struct kept_chunk {
  static constexpr std::size_t none = ~std::size_t{0};

  std::size_t source = none;  ///< the damaged log's chunk that it goes on as
  std::vector<kept_run> runs{};
};

struct kept_records : status {
  std::vector<kept_chunk> chunks{};  ///< in the order of their IDs
  std::vector<bool> in_place{};      ///< by source: its number is in the order of its IDs
};

/// Chooses, for every ID that is whole in any of the chunks, one place: what a chunk begins with
/// rather than what was found behind damage, and of these what lies in a chunk in the order of the
/// IDs. What others have besides goes where its IDs belong. `sources` are in the order of their
/// numbers. O(chunks and runs, times the log of them, and headers where a run is cut).
kept_records choose_records(const log_directory& directory,
                            const std::vector<const chunk_walk*>& sources);

}  // namespace annulus::chunklog
