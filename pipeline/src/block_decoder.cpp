#include "block_decoder.hpp"

#include <algorithm>
#include <annulus/pipeline/error.hpp>

#include "format.hpp"

namespace annulus::pipeline {

block_decoder::block_decoder(found_object& object, std::vector<unsigned> wanted)
    : object_(object),
      code_(object.meta.geometry.data, object.meta.geometry.parity),
      wanted_(std::move(wanted)),
      order_(object.usable()) {
  if (order_.size() < object.meta.geometry.data) give_up(order_.size());
  const auto& shape = object.meta.geometry;
  const auto longest =
      static_cast<std::size_t>(std::min<std::uint64_t>(shape.block, object.meta.size));
  for (unsigned i = 0; i < shape.shards(); ++i) frames_.emplace_back(shape.frame_size(longest));
}

std::span<const bytes_view> block_decoder::read(std::uint64_t index) {
  const auto& shape = object_.meta.geometry;
  const auto size = shape.shard_size(shape.block_length(index, object_.meta.size));
  choose_frames(index, digest_bytes + size);
  compute_lost(size);
  pieces_.clear();
  for (const auto shard : wanted_) pieces_.emplace_back(frames_[shard].data() + digest_bytes, size);
  return pieces_;
}

void block_decoder::choose_frames(std::uint64_t index, std::size_t frame) {
  const auto needed = object_.meta.geometry.data;
  have_.clear();
  for (std::size_t i = 0, asked = 0; have_.size() < needed && asked < order_.size(); ++asked) {
    auto* const shard = order_[i];
    if (shard->source->read_frame(index, frames_[shard->meta->shard].first(frame))) {
      have_.push_back(shard->meta->shard);
      ++i;
      continue;
    }
    ++rotten_frames_;
    shard->fault = formatted("rotten: frame {}", index);
    std::rotate(order_.begin() + static_cast<std::ptrdiff_t>(i),
                order_.begin() + static_cast<std::ptrdiff_t>(i) + 1, order_.end());
  }
  if (have_.size() < needed) give_up(have_.size());
  std::sort(have_.begin(), have_.end());
}

void block_decoder::compute_lost(std::size_t shard_size) {
  lost_.clear();
  for (const auto shard : wanted_) {
    if (!std::binary_search(have_.begin(), have_.end(), shard)) lost_.push_back(shard);
  }
  if (lost_.empty()) return;
  ++reconstructed_;
  // Inverting the matrix costs more than decoding a block, and the set of good shards rarely
  // changes.
  if (have_ != last_have_) {
    decoder_ = code_.make_decoder(have_, lost_);
    last_have_ = have_;
  }
  sources_.clear();
  targets_.clear();
  for (const auto shard : have_) sources_.push_back(frames_[shard].data() + digest_bytes);
  for (const auto shard : lost_) targets_.push_back(frames_[shard].data() + digest_bytes);
  decoder_.decode(sources_, targets_, shard_size);
}

void block_decoder::give_up(std::size_t good) const {
  throw error(error_kind::failed,
              formatted("object '{}' needs {} good shards and has {}; at fault: {}",
                        object_.meta.name, object_.meta.geometry.data, good, object_.faults()));
}

}  // namespace annulus::pipeline
