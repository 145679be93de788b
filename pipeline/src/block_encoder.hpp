// From input to rings, a block at a time.
#pragma once

#include <annulus/pipeline/erasure.hpp>
#include <annulus/pipeline/input.hpp>
#include <cstring>
#include <deque>

#include "buffer.hpp"
#include "lane.hpp"

namespace annulus::pipeline {

/// What one block came to: its length, 0 at the end of the input.
struct block_result {
  std::size_t length = 0;
  std::error_code error{};
};

/// Encodes beside the rings: read a block, compute parity, then write hash and shard of each lane.
template <byte_ring Ring, class Team>
class copying_encoder {
 public:
  copying_encoder(const geometry& shape, std::deque<lane<Ring>>& lanes, Team& team)
      : shape_(shape),
        code_(shape.data, shape.parity),
        lanes_(lanes),
        team_(team),
        data_(shape.data * shape.shard_size(shape.block)),
        parity_(shape.parity * shape.shard_size(shape.block)),
        shards_(shape.shards()) {}

  block_result next(input& from, const std::stop_token& stop) {
    const auto got = from.read(data_.first(shape_.block), stop);
    if (got.error || got.bytes == 0) return {0, got.error};
    const auto size = shape_.shard_size(got.bytes);
    std::memset(data_.data() + got.bytes, 0, shape_.data * size - got.bytes);
    for (std::size_t i = 0; i < shards_.size(); ++i) {
      shards_[i] =
          i < shape_.data ? data_.data() + i * size : parity_.data() + (i - shape_.data) * size;
    }
    const std::span<std::byte* const> all(shards_);
    code_.encode({shards_.data(), shape_.data}, all.subspan(shape_.data), size);
    team_.each([&](std::size_t i) {
      lanes_[i].hand_over_frame([&, shard = bytes_view(shards_[i], size)](auto& writer) {
        const auto hash = bitrot_hash(shard);
        const auto error = writer.write(hash).error;
        return error ? error : writer.write(shard).error;
      });
    });
    return {got.bytes, {}};
  }

 private:
  geometry shape_;
  erasure_code code_;
  std::deque<lane<Ring>>& lanes_;
  Team& team_;
  buffer data_, parity_;
  std::vector<std::byte*> shards_;
};

/// Encodes in the rings: reserve the frame of a whole block in each lane, read the input straight
/// into the data frames, compute parity and hashes in place, commit what the block came to. A frame
/// that would wrap, and those of a failed lane, are made in a scratch block and copied.
template <byte_ring Ring, class Team>
class in_place_encoder {
 public:
  in_place_encoder(const geometry& shape, std::deque<lane<Ring>>& lanes, Team& team)
      : shape_(shape),
        code_(shape.data, shape.parity),
        lanes_(lanes),
        team_(team),
        spaces_(shape.shards()),
        frames_(shape.shards()),
        shards_(shape.shards()) {
    for (unsigned i = 0; i < shape.shards(); ++i)
      scratch_.emplace_back(shape.frame_size(shape.block));
  }

  block_result next(input& from, const std::stop_token& stop) {
    // Room for one more might never come: a drain waits for whole frames, and the last was none.
    if (from.ended()) return {};
    auto size = shape_.shard_size(shape_.block);
    team_.each([&](std::size_t i) { reserve(i, digest_bytes + size); });
    const auto got = from.read(data_places(size), stop);
    if (got.error || got.bytes == 0) {
      for (auto& lane : lanes_) lane.prepare_frame([](auto& writer) { return writer.commit(0); });
      return {0, got.error};
    }
    // How long the last block is shows only now.
    if (got.bytes < shape_.block) size = spread_anew(got.bytes);
    for (std::size_t i = 0; i < shape_.data; ++i) {
      const auto n = bytes_of(i, got.bytes, size);
      std::memset(shards_[i] + n, 0, size - n);
    }
    const std::span<std::byte* const> all(shards_);
    code_.encode({shards_.data(), shape_.data}, all.subspan(shape_.data), size);
    team_.each([&](std::size_t i) { commit(i, digest_bytes + size); });
    return {got.bytes, {}};
  }

 private:
  // How many of a block's bytes lie in the i-th shard.
  static std::size_t bytes_of(std::size_t i, std::size_t length, std::size_t size) noexcept {
    return std::min(size, length - std::min(length, i * size));
  }

  void reserve(std::size_t i, std::size_t frame) {
    spaces_[i] = {};
    frames_[i] = scratch_[i].data();
    lanes_[i].prepare_frame([&](auto& writer) {
      const auto space = writer.reserve(frame);
      if (space.error) return space.error;
      spaces_[i] = space.memory.prefix(frame);
      if (spaces_[i].contiguous()) frames_[i] = spaces_[i].first.data();
      return space.error;
    });
    shards_[i] = frames_[i] + digest_bytes;
  }

  // Where the bytes of a whole block go.
  std::span<iovec> data_places(std::size_t size) {
    pieces_.clear();
    for (std::size_t i = 0; i < shape_.data; ++i) {
      if (const auto n = bytes_of(i, shape_.block, size); n > 0) pieces_.push_back({shards_[i], n});
    }
    return pieces_;
  }

  // Takes a block that ended early from where a whole one would lie to the shards that it has.
  // Returns their size.
  std::size_t spread_anew(std::size_t length) {
    const auto whole = shape_.shard_size(shape_.block);
    const auto size = shape_.shard_size(length);
    const buffer block(length);
    for (std::size_t i = 0; i < shape_.data; ++i) {
      if (const auto n = bytes_of(i, length, whole); n > 0)
        std::memcpy(block.data() + i * whole, shards_[i], n);
    }
    for (std::size_t i = 0; i < shape_.data; ++i) {
      if (const auto n = bytes_of(i, length, size); n > 0)
        std::memcpy(shards_[i], block.data() + i * size, n);
    }
    return size;
  }

  void commit(std::size_t i, std::size_t frame) {
    lanes_[i].hand_over_frame([&](auto& writer) {
      const auto hash = bitrot_hash({shards_[i], frame - digest_bytes});
      std::memcpy(frames_[i], hash.data(), digest_bytes);
      if (!spaces_[i].contiguous())
        copy_bytes<std_platform>(bytes_view(frames_[i], frame), spaces_[i].prefix(frame));
      return writer.commit(frame);
    });
  }

  geometry shape_;
  erasure_code code_;
  std::deque<lane<Ring>>& lanes_;
  Team& team_;
  std::vector<span_pair<std::byte>> spaces_;
  std::vector<std::byte*> frames_;
  std::vector<std::byte*> shards_;
  std::vector<buffer> scratch_;
  std::vector<iovec> pieces_;
};

}  // namespace annulus::pipeline
