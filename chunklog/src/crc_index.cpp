#include "crc_index.hpp"

#include <algorithm>

#include "crc32.hpp"

namespace annulus::chunklog {
namespace {

constexpr std::size_t index_read_ahead = std::size_t{256} << 10U;

}  // namespace

std::optional<crc_index> crc_index::make(file_system& files, int file, std::uint64_t begin,
                                         std::uint64_t end, const std::stop_token& stop) {
  crc_index made(files, file, begin, end);
  if (!made.read(stop)) return std::nullopt;
  return made;
}

bool crc_index::read(const std::stop_token& stop) {
  checkpoints_.reserve(static_cast<std::size_t>((end_ - begin_) / step + 1));
  checkpoints_.push_back(0);
  std::vector<std::byte> buffer(index_read_ahead);
  while (begin_ + filled_ < end_) {
    if (stop.stop_requested()) return false;
    const auto at = begin_ + filled_;
    const auto wanted = std::min<std::uint64_t>(buffer.size(), end_ - at);
    const auto got =
        files_->read(file_, bytes_span(buffer).first(static_cast<std::size_t>(wanted)), at);
    work_ += got.bytes;
    append(bytes_view(buffer).first(got.bytes));
    if (got.bytes < wanted) skip_unreadable(at + got.bytes);
  }
  return true;
}

void crc_index::append(bytes_view bytes) {
  while (!bytes.empty()) {
    const auto n =
        static_cast<std::size_t>(std::min<std::uint64_t>(step - filled_ % step, bytes.size()));
    crc_ = crc32(crc_, bytes.first(n));
    work_ += n;
    filled_ += n;
    if (filled_ % step == 0) checkpoints_.push_back(crc_);
    bytes = bytes.subspan(n);
  }
}

// What lies there counts as zeros, and for no record.
void crc_index::skip_unreadable(std::uint64_t at) {
  constexpr std::array<std::byte, sector_bytes> zeros{};
  const auto end = std::min((at / sector_bytes + 1) * sector_bytes, end_);
  append(bytes_view(zeros).first(static_cast<std::size_t>(end - at)));
  if (!unreadable_.empty() && unreadable_.back().end == at) {
    unreadable_.back().end = end;
  } else {
    unreadable_.push_back({at, end});
  }
}

bool crc_index::readable(std::uint64_t begin, std::uint64_t end) const {
  const auto behind =
      std::upper_bound(unreadable_.begin(), unreadable_.end(), begin,
                       [](std::uint64_t at, const range& lost) { return at < lost.end; });
  return behind == unreadable_.end() || behind->begin >= end;
}

std::optional<std::uint32_t> crc_index::of(std::uint64_t begin, std::uint64_t end) {
  if (!readable(begin, end)) return std::nullopt;
  const auto front = before(begin);
  const auto all = before(end);
  if (!front || !all) return std::nullopt;
  return crc32_behind(*front, end - begin) ^ *all;
}

// The place that has come nearest, or the one that was made longest ago.
crc_index::place& crc_index::nearest(std::uint64_t at) {
  const auto near = std::find_if(places_.begin(), places_.end(), [&](const place& each) {
    return each.buffered > 0 && each.at <= at && at - each.at < step;
  });
  if (near != places_.end()) return *near;
  return places_[next_place_++ % places_.size()];
}

// Reads on: more than is wanted where that was wanted before.
bool crc_index::fill(place& from, std::uint64_t wanted) {
  const bool further = from.buffered > 0 && from.at == from.buffered_at + from.buffered;
  if (further) wanted = read_ahead;
  wanted = std::min<std::uint64_t>(wanted, end_ - from.at);
  const auto there = bytes_span(from.buffer).first(static_cast<std::size_t>(wanted));
  const auto got = files_->read(file_, there, from.at);
  from.buffered_at = from.at;
  from.buffered = got.bytes;
  work_ += got.bytes;
  if (got.bytes > 0) return true;
  // It counted as zeros.
  const auto lost = std::find_if(unreadable_.begin(), unreadable_.end(), [&](const range& each) {
    return each.begin <= from.at && from.at < each.end;
  });
  if (lost == unreadable_.end()) return false;
  from.buffered = static_cast<std::size_t>(std::min(lost->end - from.at, wanted));
  std::fill_n(from.buffer.begin(), from.buffered, std::byte{0});
  return true;
}

// The CRC of all that lies before a place.
std::optional<std::uint32_t> crc_index::before(std::uint64_t at) {
  const auto checkpoint = (at - begin_) / step;
  const auto start = begin_ + checkpoint * step;
  auto& from = nearest(at);
  if (from.at < start || from.at > at) {
    from.at = start;
    from.crc = checkpoints_[static_cast<std::size_t>(checkpoint)];
  }
  while (from.at < at) {
    if (from.at < from.buffered_at || from.at >= from.buffered_at + from.buffered) {
      if (!fill(from, at - from.at)) return std::nullopt;
    }
    const auto offset = static_cast<std::size_t>(from.at - from.buffered_at);
    const auto n =
        static_cast<std::size_t>(std::min<std::uint64_t>(at - from.at, from.buffered - offset));
    from.crc = crc32(from.crc, bytes_view(from.buffer).subspan(offset, n));
    work_ += n;
    from.at += n;
  }
  return from.crc;
}

}  // namespace annulus::chunklog
