// The memory rows: records through a ring.
#pragma once

#include "lap.hpp"
#include "topology.hpp"

namespace annulus::log_bench {

/// Each record is made in the producer's memory, copied into a `mirror` ring behind a header with
/// its length and ID, and compared there, every byte of it, by the consumer. Ends the program if
/// other bytes arrive.
lap copied_records(const harness::cpu_pair& cpus, std::size_t record_bytes, std::uint64_t records);

/// What crosses the ring is where a record lies, how long it is, and its ID; no byte of a payload
/// is copied or looked at, as in the seed's memory rows, whose rate does not depend on the size.
lap record_descriptors(const harness::cpu_pair& cpus, std::size_t record_bytes,
                       std::uint64_t records);

}  // namespace annulus::log_bench
