#include "record_encoder.hpp"

#include <algorithm>
#include <annulus/core/copy.hpp>

namespace annulus::chunklog {
namespace {

// Of a long record, so much is read at a time that the copy finds it in the nearest cache.
constexpr std::size_t near_bytes = std::size_t{8} << 10U;

}  // namespace

void record_encoder::copy(std::byte* record, std::span<const bytes_view> parts, std::uint64_t bytes,
                          std::uint64_t id) noexcept {
  // The checksum is taken from the caller's bytes: those at `record` are still on their way from
  // another core when the copy has been made.
  auto sum = checksum_.of_word(id);
  auto* to = record + record_layout::payload;
  for (auto part : parts) {
    while (!part.empty()) {
      const auto n = std::min(part.size(), near_bytes);
      sum = crc32(sum, part.first(n));
      copy_between_cores(to, part.data(), n);
      to += n;
      part = part.subspan(n);
    }
  }
  const auto header = encode(record_header{length_of(bytes), sum, id});
  std::copy(header.begin(), header.end(), record);
}

}  // namespace annulus::chunklog
