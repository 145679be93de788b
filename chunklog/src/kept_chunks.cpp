#include "kept_chunks.hpp"

#include <fcntl.h>

#include "damage_search.hpp"
#include "sentence.hpp"

namespace annulus::chunklog {
namespace {

// Of the first record that is whole; 0 if none is.
std::uint64_t first_id_within(chunk_window& window, std::uint64_t end, std::uint64_t next_id) {
  if (end == 0) return 0;
  auto first = examine(window, 0, end, 0, check::payload);
  if (!is_intact(first)) {
    id_limits limits;
    limits.highest = next_id - 1;
    const auto place = damage_search(window, end, std::move(limits)).behind(0, 0, {});
    if (place.offset == end) return 0;
    first = examine(window, place.offset, end, 0, check::header);
  }
  return first.header.id;
}

}  // namespace

status kept_chunks::remove_before(std::uint64_t chunk) {
  for (; oldest_ < chunk; ++oldest_) {
    const auto name = chunk_name(number(oldest_));
    if (const auto error = directory_.files.remove(directory_.fd.get(), name)) {
      return failure(error, directory_.file(name), " cannot be deleted");
    }
    counts_.deleted_chunks.add();
    // Release: pairs with deleted_bytes().
    deleted_bytes_.store(deleted_bytes_.load(std::memory_order_relaxed) + sizes_.front(),
                         std::memory_order_release);
    sizes_.pop_front();
  }
  return {};
}

kept_chunks::beginning kept_chunks::second(const log_end& end) const {
  for (auto next = oldest_ + 1; next <= end.chunk; ++next) {
    const bool last = next == end.chunk;
    if (last && end.offset == 0) return {{}, next, end.next_id};
    auto opened = open_chunk(directory_, number(next), O_RDONLY);
    if (!opened.ok()) return {std::move(opened), next, 0};
    chunk_window window(directory_.files, std::size_t{4} << 10U);
    window.attach(std::move(opened.file));
    const auto id = first_id_within(window, last ? end.offset : opened.bytes, end.next_id);
    if (id != 0) return {{}, next, id};
    // No record of it can be read, so it goes as well.
  }
  return {};
}

}  // namespace annulus::chunklog
