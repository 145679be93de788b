// Walking the records of one chunk file: what the reader, recovery and the view have in common.
#pragma once

#include <algorithm>
#include <annulus/chunklog/error.hpp>
#include <annulus/chunklog/record.hpp>
#include <annulus/core/unique_fd.hpp>
#include <annulus/transfer.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "crc_index.hpp"
#include "directory.hpp"
#include "record_check.hpp"
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

/// Bytes that are not touched before they are used: most of what may be read ahead is not there.
class window_buffer {
 public:
  explicit window_buffer(std::size_t bytes) { grow(bytes, 0); }

  [[nodiscard]] std::byte* data() noexcept { return bytes_.get(); }
  [[nodiscard]] const std::byte* data() const noexcept { return bytes_.get(); }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  /// Only the first `kept` bytes stay.
  void grow(std::size_t bytes, std::size_t kept) {
    auto grown = std::make_unique_for_overwrite<std::byte[]>(bytes);
    std::copy_n(bytes_.get(), kept, grown.get());
    bytes_ = std::move(grown);
    size_ = bytes;
  }

 private:
  std::unique_ptr<std::byte[]> bytes_{};
  std::size_t size_ = 0;
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
  /// Gives the file back.
  unique_fd detach() noexcept;
  /// Reads anew what the file may hold by now.
  void forget() noexcept { filled_ = 0; }
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
  /// Makes an index of what lies from `begin` to `end`: from now on `examine` takes from it whether
  /// a record there is whole, without reading it. False if `stop` came first.
  bool index(std::uint64_t begin, std::uint64_t end, const std::stop_token& stop);
  /// Null if nothing, or not all of that, has been indexed.
  crc_index* indexed(std::uint64_t begin, std::uint64_t end) noexcept {
    return index_ && index_->covers(begin, end) ? &*index_ : nullptr;
  }
  void drop_index() noexcept { index_.reset(); }
  [[nodiscard]] file_system& files() const noexcept { return files_; }
  /// Bytes read from files. Any thread.
  [[nodiscard]] std::uint64_t file_bytes() const noexcept { return file_bytes_.get(); }

 private:
  void fill(std::size_t kept, std::size_t wanted);

  file_system& files_;
  chunk_memory* memory_;
  unique_fd file_{};
  window_buffer buffer_;
  std::uint64_t start_ = 0;  // of the buffer in the file
  std::size_t filled_ = 0;
  std::uint64_t trusted_ = ~std::uint64_t{0};
  std::error_code error_{};
  std::optional<crc_index> index_{};
  tally file_bytes_;
};

/// Opens a chunk for reading and gives its size.
struct opened_chunk : status {
  unique_fd file{};
  std::uint64_t bytes = 0;
};
opened_chunk open_chunk(const log_directory& directory, chunk_number number, int flags);

/// The ID with which a chunk begins; 0 if what is there is not whole, or nothing. Leaves the window
/// with the chunk.
std::uint64_t first_id_of(const log_directory& directory, chunk_number number,
                          chunk_window& window);

/// Whether a chunk that the ledger does not count among the log's may be deleted: it is empty or
/// acknowledged. Otherwise `missing_data`, since something between it and the log was lost. Looks
/// at its first header only.
status check_stray(const log_directory& directory, chunk_number number,
                   std::uint64_t last_acknowledged);

enum class check { header, payload };

/// What lies at one place of a chunk.
struct examined {
  damage found = damage::none;
  record_header header{};
  bytes_view payload{};   ///< with check::payload; valid until the window is used again
  std::uint32_t sum = 0;  ///< with damage::bad_checksum: what the checksum should be
  std::uint64_t next_id =
      0;  ///< with damage::given_up: the records from header.id up to it are lost
  std::error_code error{};
};

/// Whether it is a record, or a marker in the place of some.
constexpr bool is_intact(const examined& record) {
  return record.found == damage::none || record.found == damage::given_up;
}

/// Looks at the record at `offset` of a chunk that ends at `end`. `expected` 0 accepts any ID.
/// Precondition: offset < end.
examined examine(chunk_window& chunk, std::uint64_t offset, std::uint64_t end,
                 std::uint64_t expected, check depth);

/// A sentence on damage. Precondition: there is some.
std::string describe(const examined& record, const std::string& file, std::uint64_t offset,
                     std::uint64_t end, std::uint64_t expected);

/// The code that goes with it.
std::error_code error_for(const examined& record);

}  // namespace annulus::chunklog
