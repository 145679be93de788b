#include <annulus/chunklog/record.hpp>

#include "crc32.hpp"
#include "endian.hpp"

namespace annulus::chunklog {

std::uint32_t checksum_of(std::uint64_t id, std::span<const bytes_view> payload) noexcept {
  auto sum = crc32_of_word(id);
  for (const auto part : payload) sum = crc32(sum, part);
  return sum;
}

record_header make_header(std::uint64_t id, std::span<const bytes_view> payload) noexcept {
  std::size_t length = record_layout::length_overhead;
  for (const auto part : payload) length += part.size();
  return {static_cast<std::uint32_t>(length), checksum_of(id, payload), id};
}

header_bytes encode(const record_header& header) noexcept {
  header_bytes bytes;
  store_be(bytes.data() + record_layout::length, header.length);
  store_le(bytes.data() + record_layout::checksum, header.checksum);
  store_le(bytes.data() + record_layout::id, header.id);
  return bytes;
}

record_header decode(bytes_view bytes) noexcept {
  return {load_be<std::uint32_t>(bytes.data() + record_layout::length),
          load_le<std::uint32_t>(bytes.data() + record_layout::checksum),
          load_le<std::uint64_t>(bytes.data() + record_layout::id)};
}

}  // namespace annulus::chunklog
