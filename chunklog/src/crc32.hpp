// CRC-32 IEEE (reflected, polynomial 0xEDB88320), the one of zlib and Ethernet.
#pragma once

#include <annulus/transfer.hpp>
#include <cstdint>

namespace annulus::chunklog {

/// Extends `seed`, the CRC of what came before (0: nothing), by `bytes`.
std::uint32_t crc32(std::uint32_t seed, bytes_view bytes) noexcept;

}  // namespace annulus::chunklog
