// The chunk that records are written to.
#pragma once

#include <annulus/chunklog/options.hpp>
#include <annulus/transfer.hpp>
#include <cstdint>
#include <span>

#include "directory.hpp"
#include "frontier.hpp"
#include "tally.hpp"

namespace annulus::chunklog {

/// What some bytes are that continue a log.
struct extent {
  std::size_t whole = 0;      ///< bytes up to the end of the last record that ends
  std::uint64_t records = 0;  ///< that end
  std::uint64_t rest = 0;     ///< what the record behind them lacks
};

/// One thread's, and nobody else writes the file.
class tail_chunk {
 public:
  struct written : status {
    std::size_t bytes = 0;
  };

  /// Of a log that ends there, durably.
  tail_chunk(const log_directory& directory, const options& how, file_counts& counts,
             unique_fd file, chunk_number number, const log_end& end);

  [[nodiscard]] const log_end& end() const noexcept { return end_; }
  /// Beyond end().offset if a record was cut.
  [[nodiscard]] std::uint64_t file_end() const noexcept { return file_end_; }
  [[nodiscard]] chunk_number number() const noexcept { return number_; }
  [[nodiscard]] std::string file() const { return directory_.file(chunk_name(number_)); }
  /// Bytes that it may still take.
  [[nodiscard]] std::uint64_t room() const noexcept { return how_.chunk_bytes - file_end_; }
  /// Up to where it is durable, and the first record that is not.
  [[nodiscard]] std::uint64_t synced() const noexcept { return synced_; }
  [[nodiscard]] std::uint64_t synced_next_id() const noexcept { return synced_next_id_; }

  /// Writes behind file_end(), which stays: advance() says what was written.
  written write(std::span<const bytes_view> parts);
  void advance(std::size_t bytes, const extent& of);
  /// Behind a write that has failed: whole records stay. Returns `why`, and what fails here.
  status cut_back(status why);
  status sync();

  /// Reserves as much space as the chunk may take. It is a favour, which a full disk or a file
  /// system without it may refuse.
  void allocate();
  status give_back_space();

  /// Turns to the next chunk, which is empty. Precondition: this one is durable.
  void leave_for(unique_fd file);

 private:
  const log_directory& directory_;
  const options& how_;
  file_counts& counts_;
  unique_fd file_;
  chunk_number number_;
  log_end end_;
  std::uint64_t file_end_;
  std::uint64_t synced_;
  std::uint64_t synced_next_id_;
  bool allocates_;
};

}  // namespace annulus::chunklog
