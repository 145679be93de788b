// CRC-32 IEEE (reflected, polynomial 0xEDB88320), the one of zlib and Ethernet.
#pragma once

#include <annulus/transfer.hpp>
#include <cstdint>

namespace annulus::chunklog {

/// Extends `seed`, the CRC of what came before (0: nothing), by `bytes`.
std::uint32_t crc32(std::uint32_t seed, bytes_view bytes) noexcept;

/// The CRC of eight bytes, the little-endian `word`. For a length as short as this the library
/// takes twice as long as for the 128 bytes behind it.
std::uint32_t crc32_of_word(std::uint64_t word) noexcept;

}  // namespace annulus::chunklog
