// Cuts a shard stream into its frames.
#pragma once

#include <algorithm>
#include <annulus/bytes/sequence_reader.hpp>
#include <annulus/parsers/parse_result.hpp>
#include <annulus/pipeline/bitrot.hpp>
#include <annulus/pipeline/frame_error.hpp>
#include <cstddef>

namespace annulus::pipeline {

/// What `frame_parser::next` found. A whole message is a frame, of which all is consumed.
struct frame_result : parse_result {
  digest hash{};   ///< as it stands there, not checked
  extent shard{};  ///< of the bytes that were given; never empty
};

/// The frames of a shard stream (docs/formats.md): hash, then shard. Only the last may be shorter
/// than the others, and nothing in it says so, but the end of the stream does. Any split of the
/// bytes into pieces gives the same frames. Keeps nothing between calls, so any thread may call.
class frame_parser {
 public:
  /// `whole`: the bytes of every frame but the last.
  explicit frame_parser(std::size_t whole) noexcept : whole_(whole) {}

  /// The frame that `bytes` begin with, which begin behind what was consumed; `ended`: no other
  /// bytes come behind them. Of no bytes at the end there is no frame: need_more. O(pieces of the
  /// hash).
  template <byte_sequence S>
  [[nodiscard]] frame_result next(const S& bytes, bool ended) const noexcept {
    frame_result found;
    sequence_reader in(bytes);
    const auto size = std::min(in.remaining(), whole_);
    found.examined = size;
    if (size < whole_ && !(ended && size > 0)) {
      found.missing = whole_ - size;
      return found;
    }
    if (size <= digest_bytes) {
      found.status = parse_status::error;
      found.error = frame_errc::truncated;
      return found;
    }
    in.read(found.hash);
    found.shard = {in.position(), size - in.position()};
    found.consumed = size;
    found.status = parse_status::message;
    return found;
  }

 private:
  std::size_t whole_;
};

}  // namespace annulus::pipeline
