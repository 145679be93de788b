// The memory rows: records through a ring.
#pragma once

#include <vector>

#include "suites/log/lap.hpp"

namespace annulus::suites {

/// On which CPUs the two threads run; none: where the kernel puts them.
struct end_places {
  std::vector<int> producer{};
  std::vector<int> consumer{};
};

/// Each record is made in the producer's memory, copied into a `mirror` ring behind a header with
/// its length and ID, and compared there, every byte of it, by the consumer. Throws
/// bench::corruption if other bytes arrive.
lap copied_records(const end_places& where, std::size_t record_bytes, std::uint64_t records);

/// What crosses the ring is where a record lies, how long it is, and its ID; no byte of a payload
/// is copied or looked at, as in the seed's memory rows, whose rate does not depend on the size.
lap record_descriptors(const end_places& where, std::size_t record_bytes, std::uint64_t records);

}  // namespace annulus::suites
