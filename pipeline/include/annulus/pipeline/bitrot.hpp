// The hash that tells rotten shards from good ones.
#pragma once

#include <annulus/transfer.hpp>
#include <array>
#include <cstddef>

namespace annulus::pipeline {

inline constexpr std::size_t digest_bytes = 32;
using digest = std::array<std::byte, digest_bytes>;

/// HighwayHash-256 with the design's fixed key, lanes in little-endian order, as MinIO writes it.
/// Computed by libhighwayhash's fastest kernel for this processor. O(bytes), thread-safe.
digest bitrot_hash(bytes_view bytes) noexcept;

/// True if `frame` (hash, then bytes, at least one) is whole. O(bytes), thread-safe.
bool frame_is_good(bytes_view frame) noexcept;

}  // namespace annulus::pipeline
