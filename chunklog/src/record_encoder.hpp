// Records as they lie in a chunk, made from a payload in parts.
#pragma once

#include <annulus/chunklog/record.hpp>
#include <span>

#include "crc32.hpp"

namespace annulus::chunklog {

/// Cheapest for IDs that count up. Not thread-safe.
class record_encoder {
 public:
  /// What goes before the payload of a record of `bytes`, header included.
  [[nodiscard]] header_bytes header(std::span<const bytes_view> parts, std::uint64_t bytes,
                                    std::uint64_t id) noexcept {
    auto sum = checksum_.of_word(id);
    for (const auto part : parts) sum = crc32(sum, part);
    return encode(record_header{length_of(bytes), sum, id});
  }
  /// The whole record, to where it will be read by another core.
  void copy(std::byte* record, std::span<const bytes_view> parts, std::uint64_t bytes,
            std::uint64_t id) noexcept;

 private:
  static std::uint32_t length_of(std::uint64_t bytes) noexcept {
    return static_cast<std::uint32_t>(bytes - record_layout::checksum);
  }

  counting_crc32 checksum_;
};

/// A record of this payload, header included.
inline std::uint64_t record_bytes_of(std::span<const bytes_view> parts) noexcept {
  std::uint64_t bytes = record_layout::header_bytes;
  for (const auto part : parts) bytes += part.size();
  return bytes;
}

}  // namespace annulus::chunklog
