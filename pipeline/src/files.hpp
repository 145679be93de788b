// Files by directory and name: never through a link, never waited for.
#pragma once

#include <annulus/core/unique_fd.hpp>
#include <annulus/transfer.hpp>
#include <cstdint>
#include <string>
#include <system_error>

namespace annulus::pipeline {

/// A file that was opened, and its size then.
struct regular_file {
  unique_fd fd{};
  std::uint64_t bytes = 0;
  std::error_code error{};
};

/// Opens a regular file for reading. What is no regular file is `not_regular`, a link too.
regular_file open_regular(int directory, const char* name);

/// The error of what should be a file and is none, in words.
enum class file_errc { not_regular = 1, too_long };
const std::error_category& file_category() noexcept;
inline std::error_code make_error_code(file_errc value) noexcept {
  return {static_cast<int>(value), file_category()};
}

/// Reads a whole regular file of at most `most` bytes; `too_long` otherwise.
std::error_code read_file(int directory, const char* name, std::size_t most, std::string& text);

/// Reads from `offset` on until `out` is full or the end, and gives the number of bytes.
std::size_t read_some(int fd, std::uint64_t offset, bytes_span out) noexcept;
/// Fills `out` from `offset` on. False if it cannot.
bool read_fully(int fd, std::uint64_t offset, bytes_span out) noexcept;

/// Writes all of `bytes` at `offset`.
std::error_code write_fully(int fd, std::uint64_t offset, bytes_view bytes) noexcept;

/// Creates a file that must not be there yet, for writing.
regular_file create_file(int directory, const char* name);

/// fsync.
std::error_code sync_file(int fd) noexcept;

}  // namespace annulus::pipeline

template <>
struct std::is_error_code_enum<annulus::pipeline::file_errc> : std::true_type {};
