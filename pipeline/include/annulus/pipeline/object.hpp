// What a disk says about its shard of an object: `meta.json`.
#pragma once

#include <annulus/pipeline/geometry.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace annulus::pipeline {

/// Where a shard stream goes.
enum class sink_kind { null, dir, chunks };

/// The name of a sink, and the sink of a name.
std::string_view to_string(sink_kind kind) noexcept;
std::optional<sink_kind> parse_sink(std::string_view name) noexcept;

/// One shard's description. All shards of one `put` agree in everything but `shard` and `stored`.
struct object_meta {
  std::string name;  ///< any bytes that `check_object_name` allows
  std::string id;    ///< 32 hex digits, random: tells one put from another of the same name
  /// Orders the puts of a name: one above the greatest that a put finds on its disks. 0: none; of
  /// what was stored before there were any.
  std::uint64_t generation = 0;
  std::uint64_t created = 0;  ///< nanoseconds since the epoch; orders equal generations
  std::uint64_t size = 0;     ///< of the object, in bytes
  struct geometry geometry;
  sink_kind sink = sink_kind::dir;
  unsigned shard = 0;   ///< 0 to geometry.shards() - 1; data shards first
  unsigned stored = 0;  ///< how many shards the put meant to store when it wrote this
  bool bound = true;    ///< its frames are bound to it, see binding.hpp; false: format 1

  /// True if both describe shards of the same put.
  [[nodiscard]] bool same_put(const object_meta& other) const noexcept;
};

/// No `meta.json` is longer.
inline constexpr std::size_t max_meta_bytes = std::size_t{64} << 10;

/// The text of `meta.json`. It has a checksum of all else, so that any change of it shows.
std::string serialise(const object_meta& meta);

/// Reads what `serialise` wrote, byte for byte: nothing may be added, left out or written in
/// another way. Throws error(failed) whose sentence says what is wrong, without the file's name.
/// O(text).
object_meta parse_meta(std::string_view text);

/// A fresh id from the kernel's random source.
std::string random_id();

/// Whether `id` is one: 32 lower-case hex digits.
bool is_id(std::string_view id) noexcept;

/// Throws error(bad_argument) unless `name` can be a directory on every disk: 1 to 255 bytes, no
/// '/', no zero byte, no leading dot. Any other bytes may be in it.
void check_object_name(std::string_view name);

}  // namespace annulus::pipeline
