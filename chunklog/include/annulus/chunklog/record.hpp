// One record as it lies in a chunk file: seed 003, "Record Layout"; DESIGN.md, "The chunk log";
// docs/formats.md.
#pragma once

#include <annulus/bytes/byte_order.hpp>
#include <annulus/transfer.hpp>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace annulus::chunklog {

/// Where the fields of a record are, in bytes from its start.
struct record_layout {
  static constexpr std::size_t length = 0;  ///< u32, big-endian: the bytes after this field
  static constexpr std::size_t checksum =
      4;                                ///< u32, little-endian: CRC-32 IEEE from `id` to the end
  static constexpr std::size_t id = 8;  ///< u64, little-endian
  static constexpr std::size_t payload = 16;

  static constexpr std::size_t header_bytes = payload;
  /// What `length` counts beside the payload.
  static constexpr std::size_t length_overhead = payload - checksum;
};

inline constexpr std::uint64_t max_chunk_bytes = std::uint64_t{256} << 20U;
inline constexpr std::uint64_t default_chunk_bytes = std::uint64_t{128} << 20U;

/// The fields in front of a payload.
struct record_header {
  std::uint32_t length = 0;
  std::uint32_t checksum = 0;
  std::uint64_t id = 0;

  /// Whether `length` can be true of any record: it covers the header and fits the largest chunk.
  [[nodiscard]] bool plausible() const noexcept {
    return length >= record_layout::length_overhead &&
           length <= max_chunk_bytes - record_layout::checksum;
  }
  /// Precondition: plausible().
  [[nodiscard]] std::size_t payload_bytes() const noexcept {
    return length - record_layout::length_overhead;
  }
  /// The whole record. Precondition: plausible().
  [[nodiscard]] std::uint64_t record_bytes() const noexcept {
    return std::uint64_t{length} + record_layout::checksum;
  }
};

using header_bytes = std::array<std::byte, record_layout::header_bytes>;

/// The header of the record with this ID and payload, its checksum computed: O(payload).
/// Thread-safe. Precondition: the payload fits a chunk of `max_chunk_bytes`.
record_header make_header(std::uint64_t id, std::span<const bytes_view> payload) noexcept;

/// The CRC-32 that the record's header must hold: O(payload). Thread-safe.
std::uint32_t checksum_of(std::uint64_t id, std::span<const bytes_view> payload) noexcept;

/// O(1). Thread-safe.
inline header_bytes encode(const record_header& header) noexcept {
  header_bytes bytes;
  store_be(bytes.data() + record_layout::length, header.length);
  store_le(bytes.data() + record_layout::checksum, header.checksum);
  store_le(bytes.data() + record_layout::id, header.id);
  return bytes;
}
/// O(1). Thread-safe. Precondition: at least `header_bytes` bytes.
inline record_header decode(bytes_view bytes) noexcept {
  return {load_be<std::uint32_t>(bytes.data() + record_layout::length),
          load_le<std::uint32_t>(bytes.data() + record_layout::checksum),
          load_le<std::uint64_t>(bytes.data() + record_layout::id)};
}

}  // namespace annulus::chunklog
