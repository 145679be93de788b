// The numbers of a repaired log's chunks.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "directory.hpp"

namespace annulus::chunklog {

/// One chunk of a log that is to be, in the order of its IDs.
struct numbered_chunk {
  std::optional<chunk_number> keeps{};  ///< its number, if that can stay
};

/// Numbers for chunks, rising, so that a crash between any two renames loses nothing: a chunk goes
/// to its own number, or to one whose file is not `needed`. Those that keep theirs are followed by
/// gaps of no more than a few, which become empty chunks; if that does not work out, all go to
/// numbers that nobody uses. `present` and `needed` are the chunk files' numbers, of which `needed`
/// are read from. None if 65536 numbers are too few.
std::optional<std::vector<chunk_number>> assign_numbers(std::vector<numbered_chunk> chunks,
                                                        const std::vector<chunk_number>& present,
                                                        const std::vector<chunk_number>& needed);

}  // namespace annulus::chunklog
