// The CRC-32 of any part of a file, without reading that part: what makes a search for records
// linear, wherever lengths in it lead.
#pragma once

#include <annulus/chunklog/file_system.hpp>
#include <array>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <vector>

namespace annulus::chunklog {

/// The least that a disk loses at once.
inline constexpr std::uint64_t sector_bytes = 512;

/// The CRCs of all that lies before every 256th byte of a range. CRC-32 is linear, so two of them
/// give that of what lies between. Takes a 64th of the range in memory. Not thread-safe.
class crc_index {
 public:
  /// Reads the range once; what cannot be read is passed by in sectors. None if `stop` came first.
  /// The file must stay open as long as the index is used. Precondition: end - begin < 2^32.
  static std::optional<crc_index> make(file_system& files, int file, std::uint64_t begin,
                                       std::uint64_t end, const std::stop_token& stop);

  [[nodiscard]] bool covers(std::uint64_t begin, std::uint64_t end) const noexcept {
    return begin >= begin_ && end <= end_;
  }
  /// The CRC of a part, unless some of it cannot be read: O(1). Precondition: covers(begin, end).
  std::optional<std::uint32_t> of(std::uint64_t begin, std::uint64_t end);

  /// Bytes read and bytes checksummed so far.
  [[nodiscard]] std::uint64_t work() const noexcept { return work_; }

 private:
  static constexpr std::uint64_t step = 256;
  static constexpr std::size_t read_ahead = 4096;

  struct range {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
  };
  /// Up to where something has been checksummed, and what lies around. Parts of a few lengths
  /// behind each other, as an array of numbers suggests them, each read on where the last one of
  /// its length ended.
  struct place {
    std::uint64_t at = 0;
    std::uint32_t crc = 0;
    std::uint64_t buffered_at = 0;
    std::size_t buffered = 0;
    std::array<std::byte, read_ahead> buffer{};
  };

  crc_index(file_system& files, int file, std::uint64_t begin, std::uint64_t end)
      : files_(&files), file_(file), begin_(begin), end_(end) {}
  bool read(const std::stop_token& stop);
  void append(bytes_view bytes);
  void skip_unreadable(std::uint64_t at);
  [[nodiscard]] bool readable(std::uint64_t begin, std::uint64_t end) const;
  place& nearest(std::uint64_t at);
  bool fill(place& from, std::uint64_t wanted);
  std::optional<std::uint32_t> before(std::uint64_t at);

  file_system* files_;
  int file_;
  std::uint64_t begin_;
  std::uint64_t end_;
  std::uint64_t filled_ = 0;  // bytes of the range that the checkpoints know
  std::uint32_t crc_ = 0;     // of these
  std::vector<std::uint32_t> checkpoints_{};
  std::vector<range> unreadable_{};
  std::array<place, 16> places_{};
  std::size_t next_place_ = 0;
  std::uint64_t work_ = 0;
};

}  // namespace annulus::chunklog
