// From the shards of an object that can be read to those that are wanted.
#pragma once

#include <annulus/pipeline/erasure.hpp>
#include <annulus/pipeline/shards.hpp>
#include <cstdint>
#include <span>
#include <vector>

#include "buffer.hpp"

namespace annulus::pipeline {

/// Reads or computes shards of the blocks of a found object, from any `data` good frames of each
/// block, data shards first. A frame that fails its hash is never used; its shard is asked last
/// from then on.
class block_decoder {
 public:
  /// `wanted`: the shards to give, data or parity, stored or not. Throws error(failed) if fewer
  /// than `data` shards are usable. `object` must outlive it.
  block_decoder(found_object& object, std::vector<unsigned> wanted);

  /// The wanted shards of block `index`, padding included, in the order asked for, valid until the
  /// next call. Throws error(failed) if fewer than `data` of the block's frames are good.
  std::span<const bytes_view> read(std::uint64_t index);

  [[nodiscard]] std::uint64_t reconstructed() const noexcept { return reconstructed_; }
  [[nodiscard]] std::uint64_t rotten_frames() const noexcept { return rotten_frames_; }

 private:
  void choose_frames(std::uint64_t index, std::size_t frame);
  void compute_lost(std::size_t shard_size);
  [[noreturn]] void give_up(std::size_t good) const;

  found_object& object_;
  erasure_code code_;
  std::vector<unsigned> wanted_;
  std::vector<found_shard*> order_;  // shards to ask, the trusted ones first
  std::vector<buffer> frames_;       // by shard index
  std::vector<unsigned> have_;       // shards read for this block
  std::vector<unsigned> last_have_;  // shards that decoder_ was made for
  std::vector<unsigned> lost_;       // wanted shards to compute for this block
  std::vector<const std::byte*> sources_;
  std::vector<std::byte*> targets_;
  erasure_code::decoder decoder_;
  std::vector<bytes_view> pieces_;
  std::uint64_t reconstructed_ = 0;
  std::uint64_t rotten_frames_ = 0;
};

}  // namespace annulus::pipeline
