// What binds frames to their place: `frames.bound`, beside the shard stream. Its bytes are in
// docs/formats.md.
#pragma once

#include <annulus/core/unique_fd.hpp>
#include <annulus/pipeline/bitrot.hpp>
#include <annulus/pipeline/object.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace annulus::pipeline {

inline constexpr const char* binding_file = "frames.bound";

/// A put's shard: what its frames are bound to.
struct shard_identity {
  std::string id;
  unsigned shard = 0;
};

/// The tag of a frame: a hash of its own hash, its place, its shard and its put. O(1).
digest tag_of(const shard_identity& whose, std::uint64_t index, const digest& frame_hash);

namespace binding_layout {
// Four hashes long: what it is, the hash of the object's name, the hash of both, the seal.
inline constexpr std::size_t magic = 0, id = 8, shard = 24, zero = 28, name = 32, proof = 64,
                             seal = 96, header_bytes = 128;
inline constexpr std::string_view magic_text = "ANBOUND1";
}  // namespace binding_layout

/// Writes the tags of a shard's frames as their stream goes by. Keeps at most 64 KiB of them.
class binding_writer {
 public:
  /// Creates `frames.bound` in a directory, with a header that proves whose it is. `frame_bytes`:
  /// of every frame but the last. Throws error(failed).
  binding_writer(int directory, const shard_identity& whose, const std::string& name,
                 std::size_t frame_bytes);

  /// The next bytes of the shard stream, frames in any pieces.
  std::error_code add(std::span<const bytes_view> pieces);
  /// Writes the rest; with `durable`, syncs it.
  std::error_code finish(bool durable);

 private:
  std::error_code write_out();

  unique_fd fd_;
  shard_identity whose_;
  std::size_t frame_bytes_;
  std::size_t at_ = 0;  // in the frame that goes by
  digest hash_{};       // of it, as far as it has been seen
  std::uint64_t index_ = 0;
  std::vector<std::byte> tags_;
  std::uint64_t written_ = binding_layout::header_bytes;
};

/// Binds `meta.json` to `frames.bound`, in a directory that has the latter: a hash of both. With
/// `durable`, syncs it.
std::error_code seal_binding(int directory, const object_meta& meta, bool durable);

/// What the header of a `frames.bound` proves.
struct binding_proof {
  shard_identity whose;
  digest name_hash{};
};
/// None if there is no such file in the directory, or its header is not whole.
std::optional<binding_proof> proof_in(int directory);
/// Whether it is of an object of that name.
bool proves(const binding_proof& proof, std::string_view name);

/// Reads tags of a shard. One thread at a time.
class binding_reader {
 public:
  /// Opens `frames.bound` in `directory`. Throws error(failed) whose sentence part says what is
  /// wrong with it: missing, of another shard, contradicted by `meta`.
  binding_reader(int directory, const object_meta& meta);

  /// Whether the frame that has this hash belongs at `index`.
  bool binds(std::uint64_t index, const digest& frame_hash);

  /// What is wrong with the file beside the tags that it has. Empty if nothing is.
  [[nodiscard]] std::string fault() const;

 private:
  unique_fd fd_;
  shard_identity whose_;
  std::uint64_t bytes_ = 0;
  std::uint64_t expected_ = 0;
  std::uint64_t first_ = 0;     // tag in window_
  std::vector<digest> window_;  // tags are mostly asked for in order
};

}  // namespace annulus::pipeline
