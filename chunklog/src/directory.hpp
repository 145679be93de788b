// The files of a log: their names, their order, their lock.
#pragma once

#include <algorithm>
#include <annulus/chunklog/error.hpp>
#include <annulus/chunklog/file_system.hpp>
#include <annulus/core/unique_fd.hpp>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace annulus::chunklog {

inline constexpr const char* ledger_name = "ledger.state";
inline constexpr const char* lock_name = "buffer.lock";

/// Chunk numbers wrap at 2^16: the unsigned type does it.
using chunk_number = std::uint16_t;
inline constexpr std::uint64_t most_chunks = 0x10000;
inline chunk_number successor(chunk_number number) {
  return static_cast<chunk_number>(number + 1U);
}
/// How many successors lead from `from` to `to`.
inline chunk_number distance(chunk_number from, chunk_number to) {
  return static_cast<chunk_number>(to - from);
}

/// "002a.chunk"
std::string chunk_name(chunk_number number);
std::optional<chunk_number> chunk_number_of(const std::string& name);

/// An open directory. The path is for sentences: it may lead elsewhere by now.
struct log_directory {
  file_system& files;
  std::filesystem::path path;
  unique_fd fd{};
  bool durable = true;  ///< see options::durable

  [[nodiscard]] std::string file(const std::string& name) const { return (path / name).string(); }
  [[nodiscard]] opened_file open(const std::string& name, int flags) const {
    return files.open(fd.get(), name, flags);
  }
  /// Makes the bytes of one of its files durable.
  [[nodiscard]] std::error_code sync_data(int file_fd) const {
    return durable ? files.sync_data(file_fd) : std::error_code{};
  }
  /// Makes its entries durable.
  [[nodiscard]] std::error_code sync() const {
    return durable ? files.sync_directory(fd.get()) : std::error_code{};
  }
};

/// The order in which chunks were written, as far as numbers tell: they lie on a circle, and the
/// longest run of unused numbers precedes the oldest. Precondition: no number twice.
std::vector<chunk_number> in_written_order(std::vector<chunk_number> numbers);

struct chunk_list : status {
  std::vector<chunk_number> numbers{};  ///< in_written_order
  std::vector<chunk_number> others{};   ///< names of chunks that are no regular files

  /// Why there is no chunk of this number.
  [[nodiscard]] const char* absence(chunk_number number) const {
    return std::find(others.begin(), others.end(), number) == others.end() ? " is missing"
                                                                           : " is no regular file";
  }
};
/// What is no regular file is passed by.
chunk_list list_chunks(const log_directory& directory);

struct opened_directory : status {
  std::optional<log_directory> directory{};  ///< set unless `error` is
};
/// By its path, or anew by an open descriptor.
opened_directory open_log_directory(file_system& files, const std::filesystem::path& path);
opened_directory open_log_directory(file_system& files, int directory,
                                    const std::filesystem::path& path);

struct locked_file : status {
  unique_fd fd{};
};
/// Takes buffer.lock without waiting. A shared lock is not created: where there is no file, no
/// writer has been.
locked_file take_lock(const log_directory& directory, lock_mode mode);

}  // namespace annulus::chunklog
