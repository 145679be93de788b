
#include <algorithm>
#include <annulus/error.hpp>
#include <annulus/pipeline/bitrot.hpp>
#include <annulus/pipeline/error.hpp>
#include <annulus/pipeline/escaped.hpp>
#include <annulus/pipeline/get.hpp>
#include <annulus/pipeline/shards.hpp>
#include <numeric>

#include "block_decoder.hpp"
#include "format.hpp"

namespace annulus::pipeline {
namespace {

byte_range checked_range(const get_options& what, std::uint64_t size) {
  if (!what.range) return {0, size == 0 ? 0 : size - 1};
  if (what.range->first > what.range->last || what.range->last >= size) {
    throw error(error_kind::bad_argument,
                formatted("range {}-{} is outside object '{}', which has bytes 0 to {} ({} bytes)",
                          what.range->first, what.range->last, escaped(what.name),
                          size == 0 ? 0 : size - 1, size));
  }
  return *what.range;
}

}  // namespace

get_report get(const get_options& what, const std::function<std::error_code(bytes_view)>& emit) {
  auto object = find_shards(what.name, what.disks, what.stop);
  get_report report{.meta = object.meta};
  const auto size = object.meta.size;
  const auto range = checked_range(what, size);
  std::vector<unsigned> data_shards(object.meta.geometry.data);
  std::iota(data_shards.begin(), data_shards.end(), 0U);
  block_decoder decoder(object, std::move(data_shards));
  if (size == 0) return report;
  const auto block_bytes = object.meta.geometry.block;
  for (auto index = range.first / block_bytes; index <= range.last / block_bytes; ++index) {
    if (what.stop.stop_requested()) {
      throw error(error_kind::cancelled, formatted("get of '{}' was interrupted after {} bytes",
                                                   escaped(what.name), report.bytes));
    }
    const auto start = index * block_bytes;
    const auto from = static_cast<std::size_t>(std::max(range.first, start) - start);
    const auto to =
        static_cast<std::size_t>(std::min<std::uint64_t>(range.last - start + 1, block_bytes));
    const auto pieces = decoder.read(index);
    // The block as the shards' bytes in a row, cut to the range, which ends before the padding.
    std::size_t at = 0;
    for (const auto piece : pieces) {
      const auto low = std::max(from, at);
      const auto high = std::min(to, at + piece.size());
      if (low < high) {
        if (const auto problem = emit(piece.subspan(low - at, high - low))) {
          throw error(error_kind::failed, formatted("output of object '{}' failed: {}",
                                                    escaped(what.name), problem.message()));
        }
        report.bytes += high - low;
      }
      at += piece.size();
    }
    if (what.progress) what.progress(report.bytes, range.last - range.first + 1);
  }
  report.reconstructed = decoder.reconstructed();
  report.rotten_frames = decoder.rotten_frames();
  return report;
}

}  // namespace annulus::pipeline
