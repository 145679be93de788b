#include "suites/pipeline/geometry.hpp"

#include <charconv>
#include <system_error>

namespace annulus::suites {

bool parse_geometry(std::string_view text, shard_counts& out) {
  const char* const end = text.data() + text.size();
  const auto data = std::from_chars(text.data(), end, out.data);
  if (data.ec != std::errc{} || data.ptr == end || *data.ptr != '+') return false;
  const auto parity = std::from_chars(data.ptr + 1, end, out.parity);
  const auto in_range = [](int count) { return count >= 1 && count <= 255; };
  // One spelling each: "08+4" would be another cell.
  const bool plain =
      data.ptr == end || (text.front() != '0' && text.front() != '+' && data.ptr[1] != '0');
  return plain && parity.ec == std::errc{} && parity.ptr == end && in_range(out.data) &&
         in_range(out.parity) && out.data + out.parity <= 256;
}

pipeline::geometry geometry_of(const harness::cell_request& cell) {
  shard_counts shards;
  parse_geometry(cell.word("geometry"), shards);
  return {.data = static_cast<unsigned>(shards.data),
          .parity = static_cast<unsigned>(shards.parity),
          .block = cell.number("block")};
}

}  // namespace annulus::suites
