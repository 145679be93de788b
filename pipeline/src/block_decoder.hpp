// From the shards of an object that can be read to those that are wanted.
#pragma once

#include <annulus/pipeline/shards.hpp>
#include <cstdint>
#include <span>
#include <vector>

#include "buffer.hpp"
#include "codeword.hpp"

namespace annulus::pipeline {

/// Reads or computes shards of the blocks of a found object, from any `data` good frames of each
/// block, data shards first. A frame that fails its hash, or is bound to another place, is never
/// used; its copy is asked last from then on. Where frames are not bound, all that are there are
/// read, and the code itself says which belong together.
class block_decoder {
 public:
  /// `wanted`: the shards to give, data or parity, stored or not. Throws error(failed) if fewer
  /// than `data` shards are usable. `object` must outlive it.
  block_decoder(found_object& object, std::vector<unsigned> wanted);

  /// The wanted shards of block `index`, padding included, in the order asked for, valid until the
  /// next call. Throws error(failed) if fewer than `data` of the block's frames are good and agree.
  std::span<const bytes_view> read(std::uint64_t index);

  [[nodiscard]] std::uint64_t reconstructed() const noexcept { return reconstructed_; }
  [[nodiscard]] std::uint64_t rotten_frames() const noexcept { return rotten_frames_; }

 private:
  void choose_frames(std::uint64_t index, std::size_t frame);
  void keep_those_that_agree(std::uint64_t index);
  [[noreturn]] void give_up(std::size_t good) const;

  found_object& object_;
  codeword code_;
  std::vector<unsigned> wanted_;
  std::vector<shard_copy*> order_;   // copies to ask, the trusted ones first
  std::vector<buffer> frames_;       // by shard index
  std::vector<indexed_shard> have_;  // read for this block
  std::vector<bytes_view> pieces_;
  std::uint64_t reconstructed_ = 0;
  std::uint64_t rotten_frames_ = 0;
};

}  // namespace annulus::pipeline
