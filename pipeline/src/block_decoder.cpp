#include "block_decoder.hpp"

#include <algorithm>
#include <annulus/pipeline/error.hpp>
#include <annulus/pipeline/escaped.hpp>
#include <tuple>

#include "format.hpp"

namespace annulus::pipeline {

block_decoder::block_decoder(found_object& object, std::vector<unsigned> wanted)
    : object_(object), code_(object.meta.geometry), wanted_(std::move(wanted)) {
  if (object.usable() < object.meta.geometry.data) give_up(object.usable());
  for (auto& copy : object.copies) order_.push_back(&copy);
  std::stable_sort(order_.begin(), order_.end(), [](const auto* left, const auto* right) {
    return std::tuple(!left->meta.bound, left->meta.shard) <
           std::tuple(!right->meta.bound, right->meta.shard);
  });
  const auto& shape = object.meta.geometry;
  const auto longest =
      static_cast<std::size_t>(std::min<std::uint64_t>(shape.block, object.meta.size));
  for (unsigned i = 0; i < shape.shards(); ++i) frames_.emplace_back(shape.frame_size(longest));
}

std::span<const bytes_view> block_decoder::read(std::uint64_t index) {
  const auto& shape = object_.meta.geometry;
  choose_frames(index, shape.frame_size(shape.block_length(index, object_.meta.size)));
  const auto is_there = [this](unsigned shard) {
    return std::any_of(have_.begin(), have_.end(),
                       [shard](const indexed_shard& one) { return one.index == shard; });
  };
  pieces_.clear();
  if (std::all_of(wanted_.begin(), wanted_.end(), is_there)) {
    for (const auto shard : wanted_) {
      const auto size = have_.front().bytes.size();
      pieces_.emplace_back(frames_[shard].data() + digest_bytes, size);
    }
    return pieces_;
  }
  ++reconstructed_;
  const auto all = code_.complete(have_);
  for (const auto shard : wanted_) pieces_.push_back(all[shard]);
  return pieces_;
}

void block_decoder::choose_frames(std::uint64_t index, std::size_t frame) {
  const auto needed = object_.meta.geometry.data;
  have_.clear();
  bool bound = true;
  std::vector<bool> taken(object_.meta.geometry.shards());
  for (std::size_t i = 0, asked = 0; asked < order_.size(); ++asked) {
    if (have_.size() >= needed && bound) break;
    auto* const copy = order_[i];
    const auto shard = copy->meta.shard;
    if (taken[shard]) {
      ++i;
      continue;
    }
    if (copy->source->read_frame(index, frames_[shard].first(frame))) {
      have_.push_back({shard, bytes_view(frames_[shard].first(frame)).subspan(digest_bytes)});
      bound = bound && copy->meta.bound;
      taken[shard] = true;
      ++i;
      continue;
    }
    ++rotten_frames_;
    copy->fault = formatted("rotten: frame {}", index);
    if (auto& fault = object_.disks[copy->disk].fault; fault.empty()) fault = copy->fault;
    std::rotate(order_.begin() + static_cast<std::ptrdiff_t>(i),
                order_.begin() + static_cast<std::ptrdiff_t>(i) + 1, order_.end());
  }
  if (have_.size() < needed) give_up(have_.size());
  std::sort(have_.begin(), have_.end(),
            [](const auto& left, const auto& right) { return left.index < right.index; });
  if (!bound) keep_those_that_agree(index);
}

void block_decoder::keep_those_that_agree(std::uint64_t index) {
  const auto agreed = code_.agreeing(have_);
  if (!agreed) {
    throw error(error_kind::failed,
                formatted("the shards of block {} of object '{}' are not bound to it and disagree, "
                          "and nothing tells which are right",
                          index, escaped(object_.meta.name)));
  }
  std::erase_if(have_, [&](const indexed_shard& one) {
    return !std::binary_search(agreed->begin(), agreed->end(), one.index);
  });
}

void block_decoder::give_up(std::size_t good) const {
  throw error(
      error_kind::failed,
      formatted("object '{}' needs {} good shards and has {}; at fault: {}",
                escaped(object_.meta.name), object_.meta.geometry.data, good, object_.faults()));
}

}  // namespace annulus::pipeline
