// Walking the records of one chunk file: what the reader, recovery and the view have in common.
#pragma once

#include <algorithm>
#include <annulus/chunklog/error.hpp>
#include <annulus/chunklog/record.hpp>
#include <annulus/chunklog/unique_fd.hpp>
#include <annulus/transfer.hpp>
#include <cstdint>
#include <optional>
#include <vector>

#include "directory.hpp"
#include "tally.hpp"

namespace annulus::chunklog {

/// Where bytes of a chunk may lie besides its file.
class chunk_memory {
 public:
  /// Copies what the chunk has from `offset` on; 0 if that is not here.
  virtual std::size_t copy(std::uint64_t offset, bytes_span to) = 0;

 protected:
  ~chunk_memory() = default;
};

/// A buffered look at one chunk file. Not thread-safe.
class chunk_window {
 public:
  /// Reads at least `read_ahead` bytes at a time, where there are that many, from `memory` if it
  /// has them.
  chunk_window(file_system& files, std::size_t read_ahead, chunk_memory* memory = nullptr)
      : files_(files), memory_(memory), buffer_(read_ahead) {}

  /// Turns to another file.
  void attach(unique_fd file) noexcept;
  [[nodiscard]] int fd() const noexcept { return file_.get(); }

  struct piece {
    bytes_view bytes{};  ///< valid until the next call
    std::error_code error{};
  };
  /// `n` bytes from `offset`; an error instead if there are fewer. Never reads `end` or beyond, so
  /// that bytes that are still being written are not kept. Precondition: offset + n <= end.
  piece at(std::uint64_t offset, std::size_t n, std::uint64_t end);

  /// What is here already from `offset` on, up to `end`.
  [[nodiscard]] bytes_view buffered(std::uint64_t offset, std::uint64_t end) const noexcept {
    const auto there = std::min(start_ + filled_, end);
    if (offset < start_ || offset >= there) return {};
    return {buffer_.data() + (offset - start_), static_cast<std::size_t>(there - offset)};
  }
  /// Whether what is buffered from `offset` on has come from memory, so that no disk can have
  /// changed it.
  [[nodiscard]] bool trusted(std::uint64_t offset) const noexcept { return offset >= trusted_; }
  /// Bytes read from files. Any thread.
  [[nodiscard]] std::uint64_t file_bytes() const noexcept { return file_bytes_.get(); }

 private:
  void fill(std::size_t kept, std::size_t wanted);

  file_system& files_;
  chunk_memory* memory_;
  unique_fd file_{};
  std::vector<std::byte> buffer_;
  std::uint64_t start_ = 0;  // of the buffer in the file
  std::size_t filled_ = 0;
  std::uint64_t trusted_ = ~std::uint64_t{0};
  std::error_code error_{};
  tally file_bytes_;
};

/// Opens a chunk for reading and gives its size.
struct opened_chunk : status {
  unique_fd file{};
  std::uint64_t bytes = 0;
};
opened_chunk open_chunk(const log_directory& directory, chunk_number number, int flags);

/// Whether a chunk that the ledger does not count among the log's may be deleted: it is empty or
/// acknowledged. Otherwise `missing_data`, since something between it and the log was lost. Looks
/// at its first header only.
status check_stray(const log_directory& directory, chunk_number number,
                   std::uint64_t last_acknowledged);

enum class damage {
  none,
  cut_short,   ///< the chunk ends within the record
  bad_length,  ///< no record has this length
  wrong_id,    ///< not the ID that follows
  bad_checksum,
  unreadable,  ///< the operating system says so: `error`
};

enum class check { header, payload };

/// What lies at one place of a chunk.
struct examined {
  damage found = damage::none;
  record_header header{};
  bytes_view payload{};  ///< with check::payload; valid until the window is used again
  std::error_code error{};
};

/// Looks at the record at `offset` of a chunk that ends at `end`. `expected` 0 accepts any ID.
/// Precondition: offset < end.
examined examine(chunk_window& chunk, std::uint64_t offset, std::uint64_t end,
                 std::uint64_t expected, check depth);

/// A sentence on damage. Precondition: there is some.
std::string describe(const examined& record, const std::string& file, std::uint64_t offset,
                     std::uint64_t end, std::uint64_t expected);

/// The code that goes with it.
std::error_code error_for(const examined& record);

/// The first place from `from` on with a whole record, its checksum right and its ID at least
/// `lowest`; `lowest` 0 accepts any ID. O(end - from). A payload that itself holds records can
/// mislead it.
std::optional<std::uint64_t> find_record(chunk_window& chunk, std::uint64_t from, std::uint64_t end,
                                         std::uint64_t lowest);

}  // namespace annulus::chunklog
