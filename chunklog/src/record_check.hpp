// Whether bytes of a chunk are the record that should be there.
#pragma once

#include <annulus/chunklog/record.hpp>
#include <cstdint>
#include <limits>

#include "crc32.hpp"
#include "gap_marker.hpp"

namespace annulus::chunklog {

enum class damage {
  none,
  cut_short,   ///< the chunk ends within the record
  bad_length,  ///< no record has this length
  wrong_id,    ///< not the ID that follows
  bad_checksum,
  given_up,    ///< none, rather: a gap marker, whole and due, says that records are lost
  unreadable,  ///< the operating system says so
};

/// Whether a record can have this ID: behind the last one no ID could follow.
constexpr bool possible(std::uint64_t id) {
  return id != 0 && id != std::numeric_limits<std::uint64_t>::max();
}

/// What a header says with `room` bytes left in its chunk, itself included; `given_up` for that of
/// a gap marker. `expected` 0 accepts any ID.
inline damage judge(const record_header& header, std::uint64_t expected, std::uint64_t room) {
  const bool gap = header.length == gap_marker::length;
  if (gap ? room < gap_marker::bytes : !header.plausible()) return damage::bad_length;
  if ((expected != 0 && header.id != expected) || !possible(header.id)) return damage::wrong_id;
  if (gap) return damage::given_up;
  return header.record_bytes() > room ? damage::cut_short : damage::none;
}

/// What the checksum in the header of these bytes, a record or a marker, should be: O(bytes).
inline std::uint32_t sum_of(bytes_view whole) noexcept {
  return crc32(0, whole.subspan(record_layout::id));
}

}  // namespace annulus::chunklog
