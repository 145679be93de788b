#include "chunk_slice.hpp"

#include <algorithm>
#include <annulus/bytes/byte_order.hpp>
#include <optional>

namespace annulus::chunklog {
namespace {

constexpr std::uint64_t slice_bytes = std::uint64_t{8} << 20U;
constexpr std::uint64_t looked_at_once = std::uint64_t{64} << 10U;

// The first place with an ID from `lowest`, so many of them; the number of places if there is none.
std::size_t first_with_id(bytes_view bytes, std::uint64_t lowest, std::uint64_t ids) {
  const auto places = bytes.size() - record_layout::header_bytes + 1;
  for (std::size_t i = 0; i < places; ++i) {
    const auto id = load_le<std::uint64_t>(bytes.data() + i + record_layout::id);
    if (id - lowest < ids) return i;
  }
  return places;
}

// The first place in the slice at which a whole record lies. An array of numbers looks like the
// beginning of many long ones: they are not all read.
std::optional<std::uint64_t> find_record(chunk_window& window, std::uint64_t chunk_bytes,
                                         const chunk_slice& slice) {
  // Not read ahead: what is looked at next is elsewhere.
  const auto first = window.at(0, record_layout::header_bytes, record_layout::header_bytes);
  if (first.error) return std::nullopt;
  const auto lowest = decode(first.bytes).id + 1;
  auto readable = slice_bytes;
  for (auto at = slice.begin;
       at < slice.limit && chunk_bytes - at >= record_layout::header_bytes;) {
    const auto n = static_cast<std::size_t>(std::min(looked_at_once, chunk_bytes - at));
    const auto piece = window.at(at, n, chunk_bytes);
    if (piece.error) return std::nullopt;
    // So many records can lie before this place.
    const auto most = at / record_layout::header_bytes;
    const auto skipped = first_with_id(piece.bytes, lowest, most);
    at += skipped;
    if (skipped == n - record_layout::header_bytes + 1) continue;
    const auto header = decode(piece.bytes.subspan(skipped));
    if (judge(header, 0, chunk_bytes - at) == damage::none && header.record_bytes() <= readable) {
      readable -= header.record_bytes();
      if (examine(window, at, chunk_bytes, 0, check::payload).found == damage::none) return at;
    }
    ++at;
  }
  return std::nullopt;
}

}  // namespace

std::vector<chunk_slice> slices_of(std::uint64_t chunk_bytes) {
  std::vector<chunk_slice> all;
  if (chunk_bytes < 2 * slice_bytes) return all;
  for (std::uint64_t at = 0; at < chunk_bytes; at += slice_bytes) {
    chunk_slice slice;
    slice.begin = at;
    slice.limit = std::min(at + slice_bytes, chunk_bytes);
    all.push_back(slice);
  }
  return all;
}

void walk_slice(chunk_window& window, std::uint64_t chunk_bytes, const std::stop_token& stop,
                chunk_slice& slice) {
  const auto start =
      slice.begin == 0 ? std::optional(slice.begin) : find_record(window, chunk_bytes, slice);
  if (!start) return;
  slice.start = *start;
  std::uint64_t due = 0;
  auto at = slice.start;
  while (at < slice.limit) {
    if (stop.stop_requested()) return;
    const auto record = examine(window, at, chunk_bytes, due, check::payload);
    if (record.found != damage::none) return;
    if (due == 0) slice.first_id = record.header.id;
    due = record.header.id + 1;
    at += record.header.record_bytes();
    slice.payload_bytes += record.header.payload_bytes();
  }
  slice.last_id = due - 1;
  slice.end = at;
  slice.whole = true;
}

}  // namespace annulus::chunklog
