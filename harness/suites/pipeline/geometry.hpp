// Erasure codes as the axis `geometry` spells them.
#pragma once

#include <annulus/pipeline/geometry.hpp>
#include <string>
#include <string_view>

#include "measure/cell.hpp"

namespace annulus::suites {

/// An erasure code: `data` shards and `parity` shards; 1 to 255 each, at most 256 together.
struct shard_counts {
  int data = 0;
  int parity = 0;
};

/// "8+4". False for anything else.
bool parse_geometry(std::string_view text, shard_counts& out);

/// That of a cell, with its block.
pipeline::geometry geometry_of(const harness::cell_request& cell);

}  // namespace annulus::suites
