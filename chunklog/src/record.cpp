#include <annulus/chunklog/record.hpp>

#include "crc32.hpp"

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

}  // namespace annulus::chunklog
