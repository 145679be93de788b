// From input to rings, a block at a time.
#pragma once

#include <annulus/pipeline/erasure.hpp>
#include <annulus/pipeline/input.hpp>
#include <cstring>
#include <deque>
#include <memory>

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

/// Encodes in the rings: reserve a frame in each lane, read the input straight into the data
/// frames, compute parity and hashes in place, commit. A frame that would wrap, and those of a
/// failed lane, are made in a scratch block and copied.
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
    auto staged = peek_length(from, stop);
    if (staged.error || staged.length == 0) return staged;
    const auto size = shape_.shard_size(staged.length);
    const auto frame = digest_bytes + size;
    team_.each([&](std::size_t i) { reserve(i, frame); });
    if (const auto error = fill_data(from, staged.length, size)) return {0, error};
    const std::span<std::byte* const> all(shards_);
    code_.encode({shards_.data(), shape_.data}, all.subspan(shape_.data), size);
    team_.each([&](std::size_t i) { commit(i, frame); });
    return staged;
  }

 private:
  // The length of the next block. A stream tells it only by being read, into a block of our own.
  block_result peek_length(input& from, const std::stop_token& stop) {
    if (from.size())
      return {
          static_cast<std::size_t>(std::min<std::uint64_t>(shape_.block, *from.size() - taken_)),
          {}};
    if (!stream_block_) stream_block_ = std::make_unique<buffer>(shape_.block);
    const auto got = from.read(stream_block_->first(shape_.block), stop);
    return {got.error ? 0 : got.bytes, got.error};
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

  std::error_code fill_data(input& from, std::size_t length, std::size_t size) {
    pieces_.clear();
    for (std::size_t i = 0; i < shape_.data; ++i) {
      const auto n = std::min(size, length - std::min(length, i * size));
      if (n > 0) pieces_.push_back({shards_[i], n});
      std::memset(shards_[i] + n, 0, size - n);
    }
    taken_ += length;
    if (from.size()) return from.read_exactly(pieces_);
    const auto* source = stream_block_->data();
    for (const auto& piece : pieces_) {
      std::memcpy(piece.iov_base, source, piece.iov_len);
      source += piece.iov_len;
    }
    return {};
  }

  void commit(std::size_t i, std::size_t frame) {
    lanes_[i].hand_over_frame([&](auto& writer) {
      const auto hash = bitrot_hash({shards_[i], frame - digest_bytes});
      std::memcpy(frames_[i], hash.data(), digest_bytes);
      if (!spaces_[i].contiguous())
        copy_bytes<std_platform>(bytes_view(frames_[i], frame), spaces_[i]);
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
  std::unique_ptr<buffer> stream_block_;
  std::uint64_t taken_ = 0;
};

}  // namespace annulus::pipeline
