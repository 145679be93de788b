// How an object is cut: blocks, shards, frames.
#pragma once

#include <algorithm>
#include <annulus/pipeline/bitrot.hpp>
#include <cstddef>
#include <cstdint>

namespace annulus::pipeline {

/// An object is a sequence of blocks; a block is `data` shards of equal size (the last zero-padded)
/// and `parity` shards; a shard goes to its stream as a frame, hash then bytes. Sizes in bytes.
/// Source: DESIGN, "The pipeline", which is what MinIO writes.
struct geometry {
  unsigned data = 4;
  unsigned parity = 2;
  std::size_t block = std::size_t{1} << 20;

  static constexpr std::size_t max_block = std::size_t{1} << 30;
  /// 64 PiB. Even in frames of a byte, the offsets in a stream of such an object fit a signed one.
  static constexpr std::uint64_t max_object = std::uint64_t{1} << 56;

  /// Throws error(bad_argument) unless 1 <= data, parity <= 255, data + parity <= 256 and 1 <=
  /// block <= 1 GiB.
  void validate() const;

  [[nodiscard]] unsigned shards() const noexcept { return data + parity; }

  /// The number of shards that must be stored for a `put` to succeed. Any two quorums share a disk,
  /// and no loss of `parity` disks takes all of one away: so an object that was replaced is never
  /// taken for the newest. With more parity than data it is all shards: then what a put has stored
  /// survives the loss of any `parity` disks.
  [[nodiscard]] unsigned write_quorum() const noexcept {
    return parity > data ? shards() : std::max(data, parity + 1);
  }

  /// The size of each shard of a block of `length` bytes.
  [[nodiscard]] std::size_t shard_size(std::size_t length) const noexcept {
    return (length + data - 1) / data;
  }
  [[nodiscard]] std::size_t frame_size(std::size_t length) const noexcept {
    return digest_bytes + shard_size(length);
  }

  /// The number of blocks of an object of `size` bytes; 0 for an empty one.
  [[nodiscard]] std::uint64_t blocks(std::uint64_t size) const noexcept {
    return (size + block - 1) / block;
  }
  /// The length of block `index` of an object of `size` bytes. Precondition: index < blocks(size).
  [[nodiscard]] std::size_t block_length(std::uint64_t index, std::uint64_t size) const noexcept {
    const auto left = size - index * block;
    return left < block ? static_cast<std::size_t>(left) : block;
  }
  /// The length of each shard stream of an object of `size` bytes.
  [[nodiscard]] std::uint64_t stream_size(std::uint64_t size) const noexcept {
    const auto whole = size / block;
    const auto rest = static_cast<std::size_t>(size % block);
    return whole * frame_size(block) + (rest > 0 ? frame_size(rest) : 0);
  }

  bool operator==(const geometry&) const = default;
};

}  // namespace annulus::pipeline
