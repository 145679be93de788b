// Which bytes of a damaged log make up the repaired one.
#pragma once

#include <annulus/chunklog/repair.hpp>
#include <vector>

#include "survey.hpp"

namespace annulus::chunklog {

/// Bytes of a chunk of the damaged log or, if `next_id` is not 0, a gap marker.
struct repaired_piece {
  chunk_number source = 0;  ///< the chunk that has the bytes
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
  std::uint64_t first_id = 0;
  std::uint64_t next_id = 0;
};

struct repaired_chunk {
  chunk_number number = 0;
  bool exists = true;    ///< a chunk of the damaged log has this number
  bool changes = false;  ///< against that
  std::uint64_t bytes = 0;
  std::vector<repaired_piece> pieces{};
};

struct repair_layout : status {
  repair_plan plan{};
  std::vector<repaired_chunk> chunks{};  ///< at least one; their numbers follow each other
  ledger_state ledger{};
};

/// Whole records are ordered by their IDs, whatever chunks they lie in. Moves the plan's part out
/// of `found`.
repair_layout lay_out(const log_directory& directory, survey&& found);

}  // namespace annulus::chunklog
