// What a repair puts where records are lost. docs/formats.md, "A gap marker".
#pragma once

#include <algorithm>
#include <annulus/bytes/byte_order.hpp>
#include <annulus/chunklog/record.hpp>
#include <array>
#include <cstddef>
#include <cstdint>

namespace annulus::chunklog {

/// A record's header whose length no record has, and the next ID as its payload: who does not know
/// it takes it for damage.
struct gap_marker {
  static constexpr std::uint32_t length = 0xFFFFFFFF;
  static constexpr std::size_t bytes = record_layout::payload + sizeof(std::uint64_t);
};

/// Says that the records from `first` up to, but not including, `next` are lost.
inline std::array<std::byte, gap_marker::bytes> encode_gap(std::uint64_t first,
                                                           std::uint64_t next) noexcept {
  std::array<std::byte, gap_marker::bytes> bytes;
  std::byte* const payload = bytes.data() + record_layout::payload;
  store_le(payload, next);
  const bytes_view behind(payload, sizeof next);
  const auto header =
      encode(record_header{gap_marker::length, checksum_of(first, {&behind, 1}), first});
  std::copy(header.begin(), header.end(), bytes.begin());
  return bytes;
}

}  // namespace annulus::chunklog
