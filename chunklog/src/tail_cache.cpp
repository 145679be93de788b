#include "tail_cache.hpp"

#include <algorithm>
#include <annulus/core/copy.hpp>
#include <utility>

namespace annulus::chunklog {

// The copy is made without the lock: what the pin covers stays in the ring.
std::size_t tail_cache::copy(std::uint64_t chunk, std::uint64_t offset, bytes_span to) {
  bytes_view from;
  {
    const auto held = shared_.enter();
    if (chunk != chunk_ || offset >= file_end_ || file_end_ - offset > cached_.size()) return 0;
    from = cached_.last(static_cast<std::size_t>(file_end_ - offset));
    pinned_ = true;
    pin_ = written_ - from.size();
  }
  from = from.first(std::min(from.size(), to.size()));
  copy_between_cores(to.data(), from.data(), from.size());
  auto held = shared_.enter();
  pinned_ = false;
  if (std::exchange(trim_due_, false)) orders_.tell_io(held);
  return from.size();
}

void tail_cache::publish(std::uint64_t chunk, std::uint64_t bytes, bytes_view cached,
                         std::uint64_t file_end) {
  chunk_ = chunk;
  written_ += bytes;
  cached_ = cached;
  file_end_ = file_end;
}

std::size_t tail_cache::trim(std::size_t kept, std::size_t keep) {
  const auto held = shared_.enter();
  const auto wanted = pinned_ ? static_cast<std::size_t>(written_ - pin_) : 0;
  const auto left = std::min(kept, std::max(keep, wanted));
  if (cached_.size() > left) cached_ = cached_.last(left);
  trim_due_ = left > keep;
  return left;
}

std::string tail_cache::describe() const {
  return sentence("cached ", cached_.size(), ", pinned ", pinned_, "\n");
}

}  // namespace annulus::chunklog
