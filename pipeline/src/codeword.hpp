// Whether shards belong together: what the erasure code itself says of them.
#pragma once

#include <annulus/pipeline/erasure.hpp>
#include <annulus/pipeline/geometry.hpp>
#include <annulus/transfer.hpp>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "buffer.hpp"

namespace annulus::pipeline {

/// One shard of a block.
struct indexed_shard {
  unsigned index = 0;  ///< 0 to data + parity - 1
  bytes_view bytes{};
};

/// Judges the shards of one block after the other. One thread at a time.
class codeword {
 public:
  explicit codeword(const geometry& shape);

  /// Which of the shards, all of one size and in the order of their indices, are of one block: all,
  /// or those that are left when the fewest others are taken out, provided that no other choice
  /// could leave as many. `data` shards always agree. None if there are fewer, or nothing tells
  /// which are right. O(shards * size); where some disagree, up to some hundred times as much of a
  /// part.
  std::optional<std::vector<unsigned>> agreeing(std::span<const indexed_shard> shards);

  /// Computes all shards of the block from `data` of them. Those of the result are valid until the
  /// next call.
  std::span<const bytes_view> complete(std::span<const indexed_shard> shards);

 private:
  std::optional<std::size_t> first_difference(std::span<const indexed_shard> shards,
                                              std::size_t from, std::size_t bytes);
  std::optional<std::vector<unsigned>> without_some(std::span<const indexed_shard> shards,
                                                    std::size_t at);

  void compute(std::span<const indexed_shard> from, std::size_t offset,
               const std::vector<unsigned>& to, std::size_t bytes);

  geometry shape_;
  erasure_code code_;
  std::vector<std::vector<std::byte>> computed_;  // by shard index
  std::vector<bytes_view> views_;
  std::vector<unsigned> from_, to_;  // what decoder_ was made for
  erasure_code::decoder decoder_;
};

}  // namespace annulus::pipeline
