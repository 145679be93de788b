// A part of a chunk, walked without what lies before it: how several threads share one chunk.
#pragma once

#include <cstdint>
#include <stop_token>
#include <vector>

#include "scan.hpp"

namespace annulus::chunklog {

/// Where a walk may find nothing but whole records, if it gets to `start` at all.
struct chunk_slice {
  std::uint64_t begin = 0;  ///< looked at from here ...
  std::uint64_t limit = 0;  ///< ... to the first record behind this

  bool whole = false;  ///< the rest is true
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  std::uint64_t first_id = 0;
  std::uint64_t last_id = 0;
  std::uint64_t payload_bytes = 0;
};

/// The parts of a chunk of that size; none if it is not worth it.
std::vector<chunk_slice> slices_of(std::uint64_t chunk_bytes);

/// Looks for a record that begins in the slice, and walks from there. What is found is only what
/// content of a record looks like, unless a walk from the chunk's beginning gets to `start` with
/// that ID due. `window` shows the chunk. Left as it is for any damage, and if `stop` comes.
void walk_slice(chunk_window& window, std::uint64_t chunk_bytes, const std::stop_token& stop,
                chunk_slice& slice);

}  // namespace annulus::chunklog
